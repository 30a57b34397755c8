"""Sentences that are English where they are stored or raised: listed here so that they can be translated.

A place such as %(n)s stands for what differs; %(sentence)s for another sentence of this list. A test compares the list
with the sources.
"""

from django.utils.translation import gettext_noop as _

FILES = (
    _("A picture carries no decoding time."),
    _("No picture could be read from this file."),
    _("No picture in this file can be decoded. It may be damaged."),
    _("The copy of this video for the browser came out wrong."),
    _("The decoder answered nonsense while it read this photo."),
    _("The decoder answered nonsense while it read this video, and was stopped."),
    _("The decoder answered nonsense while it read this video's sound."),
    _("The decoder cannot be started: %(why)s."),
    _("The file %(name)s was not made."),
    _("The file cannot be opened: %(why)s."),
    _("The file ends early: its index, which stands at the end, is missing. Upload the whole file again."),
    _("The picture is %(width)s x %(height)s pixels, more than can be read here (8192 x 4608)."),
    _("The picture is stored as %(kind)s, which is not read here."),
    _("The pictures carry no decoding times."),
    _("The sound is stored as %(kind)s, which is not read here."),
    _("This file has no picture in it."),
    _("This file has sound but no picture."),
    _("This file is a photo, not a video."),
    _("This file is damaged: it starts like a video but cannot be opened."),
    _("This file is empty."),
    _("This file is not a photo in a format that can be read here."),
    _("This file is not a video in a format that can be read here."),
    _("This photo is damaged and cannot be read."),
    _("This photo is too large: %(width)s x %(height)s pixels."),
    _("This video is longer than 24 hours, the most that is read here. Cut it into parts."),
    _("This video needs more memory to be read than is allowed here."),
)
CLIPS = (
    _("A clip may be %(n)s minutes long at most."),
    _("Say which part: ?start= and &end= in seconds."),
    _("The clip came out empty."),
    _("The file of this video is not there."),
    _("The part asked for lies outside the video."),
    _("This file cannot be cut: nothing in it says where its moments lie."),
    _("This part of the video has no picture that it could begin with."),
    _("This video must be encoded again to be cut: choose %(n)s minutes at most."),
)
MODEL = (
    _("The model answered %(shape)s for %(n)s clips, or not with numbers."),
    _("The model did not answer with numbers."),
    _("The model has changed since this video was indexed."),
    _("The model has changed since this video was indexed: index it again for captions."),
    _("The model has changed since your videos were indexed"),
    _("The model server answered %(n)s."),
    _("The model server at %(address)s cannot be reached."),
    _("The model server changed its model from %(before)s to %(now)s: ask again."),
    _("The model server did not answer: %(why)s."),
    _("The model server gave %(n)s embeddings for %(all)s."),
    _("The model server's answer cannot be read: %(why)s"),
    _("The model server's captions cannot be read."),
    _("The model server's space cannot be read: %(why)s"),
    _("The model wrote %(n)s captions for %(all)s."),
    _("This model writes no captions."),
    _("Scores are plain similarities, not probabilities: nothing was fitted for %(model)s."),
    _("%(sentence)s: only titles and captions were searched."),
    _("%(sentence)s: only titles, captions and transcripts were searched."),
    _("%(sentence)s: your words were left out."),
)
ENDS = (
    _("A file could not be read or written (%(why)s)."),
    _("Indexing failed."),
    _("Listening to it failed."),
    _("Preparing it for playback failed."),
    _("Reading what is written in it failed."),
    _("Something went wrong inside Seekframe (%(kind)s); the worker's log has the details."),
    _("The earlier index is still searched."),
    _("The uploaded file is no longer in storage: upload it again."),
    _("The worker ran out of memory."),
    _(
        "The worker stopped %(n)s times while indexing this video; it may have run out of memory. "
        "Index it again to try once more."
    ),
    _("The worker stopped each time it prepared this video for playback."),
    _("The worker stopped each time it wrote captions for this video."),
    _("Writing its captions failed."),
    _("%(sentence)s It was put aside after %(n)s crashes."),
    _("%(sentence)s It was tried %(n)s times."),
    _("%(sentence)s The earlier index is still searched."),
    _("%(sentence)s Trying again in %(n)s s."),
)
TRACKS = (
    _("SPEECH_MODEL is %(name)s, and there is no model.bin in that folder."),
    _("All of these subtitles lie after the end of the video."),
    _("Choose a file that ends in .srt or .vtt."),
    _("The worker stopped each time it wrote this down; it may have run out of memory."),
    _("These are %(n)s lines, more than the %(most)s that are kept of a video."),
    _("This file holds no subtitles that can be read here."),
    _("This file is larger than 5 MB, more than any film's subtitles are."),
    _("This needs %(name)s, which is not installed: run “%(command)s” where Seekframe runs, then start it again."),
)
QUERIES = (
    _("More than %(n)s steps cannot be searched at once."),
    _("Only one “rather than” can be searched at once."),
    _("Say also what to look for, not only “-%(words)s”."),
    _("Something shown can be searched with words, but not with “then”."),
    _("There are no words between these quotation marks."),
    _("This quotation mark is never closed."),
    _("“rather than” has nothing after it. Put it in quotes to search for it."),
    _("“rather than” has nothing before it. Put it in quotes to search for it."),
    _("“then” has nothing after it. Put it in quotes to search for the word."),
    _("“then” has nothing before it. Put it in quotes to search for the word."),
    _("“within” takes a span from one second to one hour."),
    _("%(sentence)s (character %(n)s)"),
)
TAGS = (
    _("A tag holds no comma: commas stand between tags."),
    _("These are %(n)s tags; a video holds %(most)s."),
    _("“%(name)s…” is longer than %(n)s characters. Shorten it."),
)
PAGES = (
    _("Every segment has its caption."),
    _("Something broke on this server, and it was written to the log. Try again in a moment."),
    _("The time t must be a number of seconds."),
    _("There is no such video, or it is not shared with you."),
    _("There is nothing at this address, or it is not shared with you. Check the link, or search from the start."),
    _("This file is not there yet, or not any more."),
    _("This page was open for too long, or another site sent the request. Reload the page and try again."),
    _("This request cannot be read. Go back and try again."),
    _("This video has no picture yet."),
    _("Too many wrong passwords for this account. Wait a quarter of an hour, then try again."),
    _("You have %(n)s saved searches. Delete one that you no longer need."),
    _("Your account may not do this. Ask the owner of the library."),
)
SHOWN = (
    _("Nothing is indexed yet, so there is nothing to compare this picture with."),
    _("The model has changed since this picture was shown. Show it again."),
    _("This picture is larger than %(n)s MB."),
    _("This video is not indexed yet: search by its moments when it is."),
    _("What this search shows is gone, or is not shared with you. Show it again."),
)
SHARING = (
    _("%(name)s is a member already. Change the role in the list."),
    _("A library needs an owner, and %(name)s is the only one. Make somebody else an owner first."),
    _("Nobody here has the name %(name)s. Check it, or make an invitation."),
    _("This library has %(n)s of them. End one that is no longer needed."),
    _("This link lets you look, search and ask. Changing things needs an account."),
    _("This link opens nothing, or nothing any more. Ask the person who sent it for another."),
    _("This person is no longer a member."),
    _("Too many links from here opened nothing. Wait a quarter of an hour, then try again."),
)
UPLOADS = (
    _("Another request is sending this file just now. Wait a moment, then ask where to go on."),
    _("Sign in to upload, or send a key: Authorization: Bearer sf_..."),
    _("The file was announced as %(n)s bytes, and these are more."),
    _("The server cannot write to its disk: whoever runs it has to look. Then send the file again."),
    _("The server's disk is full. %(sentence)s"),
    _("Free some room, then send the file again."),
    _("Free some room, then try again."),
    _("What has come is kept: free some room, then resume."),
    _("The upload has %(n)s bytes, so it cannot go on from byte %(start)s."),
    _("The uploaded file was lost on the server. Upload it again."),
    _("There is no room for %(size)s on the server's disk. Free some, then try again."),
    _("There is no such library. Reload the page and choose another."),
    _("There is no such upload."),
    _("These bytes were damaged on their way. Send them again."),
    _("This file is %(size)s, and here a video may be %(most)s. Cut or shrink it."),
    _("This file is empty. Choose another."),
    _("This upload has all its bytes."),
    _("This upload has ended. Choose the file again to start it anew."),
    _("You have %(n)s unfinished uploads. Finish or cancel some first."),
    _("You may no longer add videos to this library."),
    _("You may watch «%(name)s», but not add videos to it. Ask its owner."),
    _(
        "«%(name)s» is not a video that can be read here. Choose a file that ends in mp4, mov, mkv, "
        "webm, avi, mpg, ts, wmv, flv, ogv or gif."
    ),
)
SOURCES = (
    _("A socket file is not a public address."),
    _("Ask the person who runs this Seekframe to add it to WATCH_ROOTS."),
    _("Buckets cannot be read yet: the setting WATCH_ROOTS says which may be, as s3://bucket/prefix."),
    _("Folders of the server cannot be watched yet: the setting WATCH_ROOTS says which may be."),
    _("Give a folder (/...), a bucket (s3://...) or an address (https://...)."),
    _("Leave name and password out of the address: it is shown on this page."),
    _("Only %(places)s and what lies below may be read."),
    _("Only folders below %(places)s may be watched."),
    _("Only http:// and https:// addresses are fetched."),
    _("The bucket %(name)s cannot be listed: %(why)s"),
    _("The bucket does not answer: %(why)s"),
    _("The bucket does not give this file: %(why)s"),
    _("The connection ended before the file did."),
    _("The connection to the bucket broke."),
    _("The file has another size than before."),
    _("The person who added this source may no longer add videos to this library. Remove it, and add it yourself."),
    _("The server answered %(n)s. Check the address in a browser."),
    _("The server did not answer as it should (%(why)s)."),
    _("The server does not say how large this file is, so it is not taken."),
    _("The server redirects more than %(n)s times."),
    _("The server redirects to nowhere."),
    _("The server redirects to something that is no address."),
    _("The server sends this file packed. Give the address of the file itself."),
    _("The server sent another part of the file than was asked for."),
    _("There are more than %(n)s videos here. Watch a smaller part of it."),
    _("There is no folder %(name)s, or it may not be read."),
    _("This file cannot be read (%(why)s)."),
    _("This is a link that leads out of the folder. Copy the file itself."),
    _("This is no address."),
    _("This library has %(n)s sources. Remove one first."),
    _("This library has this source already."),
    _("This took longer than six hours."),
    _("%(name)s cannot be read (%(why)s)."),
    _("%(name)s may not be read. %(sentence)s"),
    _("%(name)s may not be watched. %(sentence)s"),
    _("«%(name)s» is not a public address, so nothing is fetched from it."),
)
# What the audit log says of a deed.
DEEDS = (
    *(_("authenticator app"), _("passkey %(name)s"), _("recovery codes"), _("%(library)s: %(n)s in the trash")),
    *(_("owner of %(library)s"), _("editor of %(library)s"), _("viewer of %(library)s")),
    *(_("%(name)s, owner of %(library)s"), _("%(name)s, editor of %(library)s"), _("%(name)s, viewer of %(library)s")),
    *(_("clip %(start)s to %(end)s s of %(video)s"), _("labels.csv of %(labels)s, in %(library)s")),
    *(_("moments.%(ending)s of %(video)s"), _("segments.%(ending)s of %(video)s")),
)
# One word or two that rows, roles and workers are known by.
NAMES = (
    *(_("owner"), _("editor"), _("viewer"), _("yes"), _("no"), _("building"), _("active"), _("retired")),
    *(_("probe"), _("decode"), _("encode"), _("predict"), _("segment"), _("store"), _("wait"), _("total")),
    *(_("Indexing"), _("Playback"), _("Captions"), _("Preparing for playback"), _("Writing captions")),
    *(_("Deleting"), _("Making the sample library"), _("Checking an upload"), _("Labelling segments")),
    *(_("Looking at a source"), _("Writing transcripts"), _("read"), _("write")),
    *(_("What is said"), _("What is written")),
)
SENTENCES = frozenset(
    (
        *(*FILES, *CLIPS, *MODEL, *ENDS, *TRACKS, *QUERIES, *TAGS, *PAGES, *SHOWN, *SHARING, *UPLOADS, *SOURCES),
        *(*DEEDS, *NAMES),
    )
)
