"""JSON with signatures, as Matrix signs it. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from vodozemac import Ed25519PublicKey, Ed25519Signature

from bot.adapters.matrix.transport import JSON


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one way to write an object that is signed (appendix *Canonical JSON*)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signable(value: Mapping[str, Any]) -> bytes:
    """Return what is signed of an object: all but the signatures and `unsigned`."""
    kept = {key: part for key, part in value.items() if key not in ("signatures", "unsigned")}
    return canonical(kept)


def with_signature(value: JSON, user_id: str, key_id: str, signature: str) -> JSON:
    """Return the object with one more signature."""
    signatures = {user: dict(by) for user, by in value.get("signatures", {}).items()}
    signatures.setdefault(user_id, {})[key_id] = signature
    return {**value, "signatures": signatures}


def is_signed(value: Mapping[str, Any], user_id: str, key_id: str, key: str) -> bool:
    """Tell whether an object bears a valid signature by this key (unpadded base64)."""
    signatures = value.get("signatures")
    by_user = signatures.get(user_id) if isinstance(signatures, dict) else None
    signature = by_user.get(key_id) if isinstance(by_user, dict) else None
    if not isinstance(signature, str):
        return False
    try:
        public, signed = Ed25519PublicKey.from_base64(key), Ed25519Signature.from_base64(signature)
        public.verify_signature(signable(value), signed)
    except ValueError:
        return False
    return True
