"""Second factors: passkeys, authenticator apps and recovery codes, by allauth.mfa; and a person's own account page.

Of allauth only what comes after the password is used: the sign-in page, accounts and their rules stay Django's own.
"""
