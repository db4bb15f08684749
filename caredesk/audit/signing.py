"""Signatures of anchors with Ed25519 (RFC 8032); apart from the rules because a key takes part."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from caredesk.audit.rules import Anchor, Cut, Link, anchor_message, cut_message
from caredesk.audit.tree import Stretch, Tree, tree_message


def new_signing_key() -> str:
    """Return a fresh private key: 32 bytes in base64."""
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def public_key_of(private: str) -> str:
    """Return the public half of a private key, in base64: what whoever checks is given."""
    return base64.b64encode(_private(private).public_key().public_bytes_raw()).decode()


def key_id_of(public: str) -> str:
    """Return by what a public key is known: the first sixteen digits of its SHA-256."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def sign(private: str, *, link: Link, at: datetime) -> Anchor:
    """Return a signed anchor of the chain up to a link."""
    signature = _private(private).sign(anchor_message(link, at=at))
    key_id = key_id_of(public_key_of(private))
    return Anchor(link.number, link.hash, at, key_id, base64.b64encode(signature).decode())


def sign_tree(private: str, *, stretch: Stretch, at: datetime) -> Tree:
    """Return a signed stretch of the chain."""
    key_id = key_id_of(public_key_of(private))
    signature = seal(private, message=tree_message(stretch, at=at))
    return Tree(stretch.first, stretch.last, stretch.root, at, key_id, signature)


def sign_cut(private: str, *, cut: Cut) -> Cut:
    """Return a cut with the key's name and signature."""
    named = replace(cut, key_id=key_id_of(public_key_of(private)))
    return replace(named, signature=seal(private, message=cut_message(named)))


def seal(private: str, *, message: bytes) -> str:
    """Return a signature in base64. What is sealed begins with a word of its own: nothing passes for another."""
    return base64.b64encode(_private(private).sign(message)).decode()


def is_signed(anchor: Anchor, *, public: str) -> bool:
    """Tell whether an anchor was signed by the private half of a key."""
    message = anchor_message(Link(anchor.number, anchor.hash), at=anchor.at)
    return is_sealed(message, signature=anchor.signature, public=public)


def is_tree_signed(tree: Tree, *, public: str) -> bool:
    """Tell whether a tree was signed by the private half of a key."""
    message = tree_message(Stretch(tree.first, tree.number, tree.root), at=tree.at)
    return is_sealed(message, signature=tree.signature, public=public)


def is_cut_signed(cut: Cut, *, public: str) -> bool:
    """Tell whether a cut was signed by the private half of a key."""
    return is_sealed(cut_message(cut), signature=cut.signature, public=public)


def is_sealed(message: bytes, *, signature: str, public: str) -> bool:
    """Tell whether a message was sealed by the private half of a key; what cannot be read was not."""
    try:
        signed = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signed, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))
