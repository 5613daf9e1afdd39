"""What a signer agrees to besides the document: kept with the signature, word by word."""

import hashlib

CONSENT = (
    "I have read the whole document named above. I agree to it, and I agree to sign it"
    " electronically: my name as I type it, confirmed with the code sent to my e-mail address,"
    " is my signature and binds me as one on paper would."
)


def digest_of(text: str) -> str:
    """The fingerprint of a consent text, SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
