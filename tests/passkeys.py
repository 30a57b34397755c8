"""A passkey in software: makes a key pair, and signs what the server asks, as a browser's authenticator does."""

import hashlib
import json
import os

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import User
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

FLAG = AuthenticatorData.FLAG
SEEN = FLAG.UP | FLAG.UV  # somebody touched it, and it knows whom


class SoftKey:
    def __init__(self, host: str = "localhost") -> None:
        self.host = host
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)

    def made(self, options: dict) -> dict:
        """The answer to creation options."""
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = AuthenticatorData.create(self.rp_hash, SEEN | FLAG.AT, 0, credential)
        response = {
            "clientDataJSON": websafe_encode(self._client("webauthn.create", options)),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._named(response) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def used(self, options: dict, user: User) -> dict:
        """The answer to request options."""
        data = AuthenticatorData.create(self.rp_hash, SEEN, 1)
        client = self._client("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        said["userHandle"] = user_pk_to_url_str(user).encode()
        return self._named({name: websafe_encode(value) for name, value in said.items()})

    def stored(self, user: User, name: str) -> Authenticator:
        """As if this person had added it."""
        return WebAuthn.add(user, name, self.made({"publicKey": {"challenge": "eHh4eA"}})).instance

    @property
    def rp_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _client(self, kind: str, options: dict) -> bytes:
        challenge = options["publicKey"]["challenge"]
        said = {"type": kind, "challenge": challenge, "origin": f"http://{self.host}", "crossOrigin": False}
        return json.dumps(said).encode()

    def _named(self, response: dict) -> dict:
        named = {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "type": "public-key"}
        return named | {"response": response, "clientExtensionResults": {}}
