"""Who may do what: the one table. A route or a call of the API that is not here fails the tests."""

# What each meets. ok: the thing itself. door: the sign-in page. A number: that status, and nothing of what is stored.
# link, ended: came by a link, without an account; the link works, or has ended.
# reads, writes: a program with the owner's key of that scope; other: with a stranger's key that may write.
WHO = "            owner  editor viewer stranger operator nobody link   ended  reads  writes other"
RULES = {
    # Pages, for a browser. A key is no session: to them all programs are nobody, so one of them asks for all (-).
    "open":     "ok     ok     ok     ok       ok       ok     ok     ok     -      ok     -",
    "seen":     "ok     ok     ok     ok       ok       door   ok     404    -      door   -",  # of one's own
    "look":     "ok     ok     ok     404      404      door   ok     404    -      door   -",
    "members":  "ok     ok     ok     404      404      door   door   door   -      door   -",
    "edit":     "ok     ok     403    404      404      door   door   door   -      door   -",
    "trash":    "ok     ok     404    404      404      door   door   door   -      door   -",
    "owners":   "ok     403    403    404      404      door   door   door   -      door   -",
    "mine":     "ok     404    404    404      404      door   door   door   -      door   -",
    "self":     "ok     ok     ok     ok       ok       door   door   door   -      door   -",
    "led on":   "ok     ok     ok     ok       ok       405    405    405    -      405    -",
    "run":      "404    404    404    404      ok       door   door   door   -      door   -",
    "offer":    "404    404    404    404      404      door   door   door   -      door   -",
    "nothing":  "404    404    404    404      404      404    404    404    -      404    -",
    "out":      "door   door   door   door     door     door   door   door   -      door   -",
    # For programs, and for a browser's session: these ask by themselves who calls.
    "api self": "ok     ok     ok     ok       ok       401    401    401    ok     ok     ok",
    "api make": "ok     ok     ok     ok       ok       401    401    401    403    ok     ok",
    "api look": "ok     ok     ok     404      404      401    401    401    ok     ok     404",
    "api edit": "ok     ok     403    404      404      401    401    401    403    ok     404",
    "api trash":"ok     ok     404    404      404      401    401    401    403    ok     404",
    "api mine": "ok     404    404    404      404      401    401    401    ok     ok     404",
    "api end":  "ok     404    404    404      404      401    401    401    403    ok     404",
}  # fmt: skip

# Steps of signing in: who is signed in is led on, whatever they send.
LED_ON = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), "self")

# By the name of the route. What is not said here of a route is refused to its owner too.
ROUTES = {
    "home": {"GET": "seen"},
    "search": {"GET": "seen"},
    "samples": {"POST": "self"},
    "library-new": {"GET": "self", "POST": "self"},
    "library": {"GET": "look"},
    "batch": {"GET": "edit", "POST": "edit"},
    "copies-find": {"POST": "edit"},
    "trash": {"GET": "edit"},
    "trash-empty": {"GET": "edit", "POST": "edit"},
    "video": {"GET": "look"},
    "video-edit": {"GET": "edit", "POST": "edit"},
    "video-reindex": {"GET": "edit", "POST": "edit"},
    "video-cancel": {"GET": "edit", "POST": "edit"},
    "video-delete": {"GET": "edit", "POST": "edit"},
    "video-why": {"GET": "look"},
    "video-restore": {"POST": "trash"},
    "video-purge": {"GET": "trash", "POST": "trash"},
    "video-ask": {"POST": "look"},
    "captions-start": {"POST": "edit"},
    "captions-stop": {"POST": "edit"},
    "segments-caption": {"POST": "members"},
    "segments-vtt": {"GET": "look"},
    "segments-json": {"GET": "look"},
    "video-moments": {"GET": "look"},
    "fragment-cards": {"GET": "seen"},
    "fragment-video": {"GET": "look"},
    "fragment-captions": {"GET": "look"},
    "fragment-segments": {"GET": "look"},
    "fragment-started": {"GET": "self"},
    "fragment-examples": {"GET": "seen"},
    "manifest": {"GET": "open"},
    "help": {"GET": "seen"},
    "sign-in": {"GET": "open", "POST": "open"},
    "account": {"GET": "self"},
    "mfa_index": {"GET": "self"},
    "mfa_list_webauthn": {"GET": "self"},
    "account-activity": {"GET": "self"},
    "password-change": {"GET": "self", "POST": "self"},
    "account_reauthenticate": {"GET": "self", "POST": "self"},
    "mfa_activate_totp": {"GET": "self", "POST": "self"},
    "mfa_deactivate_totp": {"GET": "offer", "POST": "offer"},  # nobody has one
    "mfa_add_webauthn": {"GET": "self", "POST": "self"},
    "mfa_remove_webauthn": {"GET": "mine", "POST": "mine"},
    "mfa_view_recovery_codes": {"GET": "offer"},  # nobody has any
    "mfa_generate_recovery_codes": {"GET": "self", "POST": "self"},
    "account_login": {"GET": "open", "POST": "open"},
    "mfa_authenticate": LED_ON,
    "mfa_login_webauthn": {"GET": "self", "POST": "self", **dict.fromkeys(("PUT", "PATCH", "DELETE"), "led on")},
    "audit": {"GET": "run"},
    "sign-out": {"POST": "out"},
    "setup": {"GET": "out", "POST": "out"},  # somebody has an account
    "api:openapi-json": {"GET": "open"},
    "api:api-root": {"GET": "nothing"},
    "keys": {"GET": "self", "POST": "self"},
    "key-delete": {"POST": "mine"},
    "labels": {"GET": "members", "POST": "edit"},
    "labels-delete": {"POST": "edit"},
    "labels-csv": {"GET": "members"},
    "fragment-labels": {"GET": "members"},
    "saved-new": {"POST": "self"},
    "saved-delete": {"POST": "mine"},
    "people": {"GET": "members", "POST": "owners"},
    "person-role": {"POST": "owners"},
    "person-remove": {"POST": "owners"},
    "invite": {"POST": "owners"},
    "invite-withdraw": {"POST": "owners"},
    "links": {"GET": "owners", "POST": "owners"},
    "link-end": {"POST": "owners"},
    "shared": {"GET": "nothing"},  # with a secret that is none; one that is: test_share_links
    "shared-offer": {"GET": "offer", "POST": "offer"},
    "join-open": {"GET": "nothing"},
    "join": {"GET": "nothing", "POST": "nothing"},
    "shown-new": {"POST": "self"},
    "shown-picture": {"GET": "members"},  # those who share a library with who showed it
    "upload": {"GET": "self"},
    "uploads": {"POST": "api edit", "OPTIONS": "open"},
    "upload-item": {"HEAD": "api end", "PATCH": "api end", "DELETE": "api end", "OPTIONS": "open"},
    "upload-row": {"GET": "mine"},
    "upload-stop": {"POST": "mine"},
    "media-play": {"GET": "look", "HEAD": "look"},
    "media-poster": {"GET": "look", "HEAD": "look"},
    "media-storyboard": {"GET": "look", "HEAD": "look"},
    "media-frame": {"GET": "look", "HEAD": "look"},
    "media-clip": {"GET": "look"},
    "metrics": {"GET": "nothing"},
    "operate": {"GET": "run"},
    "operate-retry-all": {"POST": "run"},
    "operate-retry": {"POST": "run"},
    "fragment-operate": {"GET": "run"},
    "sources": {"GET": "edit", "POST": "edit"},
    "source-pause": {"POST": "edit"},
    "source-look": {"POST": "edit"},
    "source-remove": {"POST": "edit"},
    "source-item-cancel": {"POST": "edit"},
    "source-item-retry": {"POST": "edit"},
    "fragment-source": {"GET": "edit"},
    "healthz": {"GET": "open"},
}
OF_THE_TRASH = {"video-restore", "video-purge", "POST /videos/{video_id}/restore"}

# By method and path, with what is sent.
CALLS: dict[str, tuple[str, dict[str, object]]] = {
    "GET /libraries": ("api self", {}),
    "POST /libraries": ("api make", {"name": "Another"}),
    "GET /libraries/{library_id}/labels": ("api look", {}),
    "POST /libraries/{library_id}/labels": ("api edit", {"name": "More", "names": ["a", "b"]}),
    "DELETE /labels/{set_id}": ("api edit", {}),
    "GET /videos": ("api self", {}),
    "POST /videos": ("api edit", {"file": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"}),
    "GET /videos/{video_id}": ("api look", {}),
    "PATCH /videos/{video_id}": ("api edit", {"title": "Other"}),
    "DELETE /videos/{video_id}": ("api edit", {}),
    "POST /videos/{video_id}/restore": ("api trash", {}),
    "POST /videos/{video_id}/reindex": ("api edit", {}),
    "POST /videos/{video_id}/cancel": ("api edit", {}),
    "GET /videos/{video_id}/segments": ("api look", {}),
    "POST /videos/{video_id}/ask": ("api look", {"t": 1, "question": "a dog?"}),
    "GET /uploads/{upload_id}": ("api mine", {}),
    "GET /videos/{video_id}/captions": ("api look", {}),
    "POST /videos/{video_id}/captions": ("api edit", {}),
    "POST /videos/{video_id}/captions/cancel": ("api edit", {}),
    "GET /search": ("api self", {}),
    "POST /pictures": ("api self", {"picture": b"not a picture"}),
    "GET /searches": ("api self", {}),
    "POST /searches": ("api make", {"name": "s", "asked": "q=dog"}),
    "DELETE /searches/{search_id}": ("api end", {}),
}


def met(rule: str) -> dict[str, str]:
    """What each meets by a rule."""
    told = zip(WHO.split(), RULES[rule].split(), strict=True)
    return {who: answer for who, answer in told if answer != "-"}
