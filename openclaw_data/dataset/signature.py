"""Signatures: the whole folder by OpenSSF Model Signing (`model.sig`), a statement by DSSE; EC P-256 keys.

Signing takes the extra `sign`. Checking takes `cryptography` alone: both are DSSE envelopes (PAE + ECDSA-SHA256).
"""

import base64
import json
from pathlib import Path
from typing import Any

from openclaw_data import storage
from openclaw_data.errors import DataError, of_system

FILE = "model.sig"
_PREDICATE = "https://model_signing/signature/v1.0"


def sign(dataset: str, key: str | Path) -> None:
    """Write `model.sig` over every other file of a local dataset.

    Raises:
        DataError: the dataset is not local, the extra is not installed, or the key is no EC private key.
    """
    if not storage.is_local(dataset):
        raise DataError(dataset, "only a local folder can be signed.", "Sign it before it is uploaded.")
    private_key(key)
    try:
        from model_signing import hashing, signing
    except ImportError as error:
        raise _missing(error) from None
    target = Path(dataset, FILE)
    hidden = [p for p in Path(dataset).iterdir() if p.name.startswith(".")]  # markers of a run, not of the dataset
    config = hashing.Config().set_ignored_paths(paths=[target, *hidden], ignore_git_paths=True)
    signer = signing.Config().set_hashing_config(config).use_elliptic_key_signer(private_key=Path(key))
    signer.sign(Path(dataset), target)


def private_key(key: str | Path) -> Any:
    """The EC private key in a PEM file.

    Raises:
        DataError: it cannot be read, or is another kind of key.
    """
    ec, load, _ = _cryptography()
    try:
        found = load(Path(key).read_bytes(), None)
    except OSError as error:
        raise of_system(error) or error from None
    except (ValueError, TypeError) as error:
        remedy = "Make one: openssl ecparam -name prime256v1 -genkey -noout -out key.pem"
        raise DataError(str(key), f"is no private key in PEM: {str(error).splitlines()[0]}.", remedy) from None
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name != "secp256r1":
        raise DataError(str(key), "is not an EC key on the curve P-256.", "Model signing takes no other.")
    return found


def public_key(key: str | Path) -> Any:
    """The EC public key in a PEM file."""
    try:
        data = Path(key).read_bytes()
    except OSError as error:
        raise DataError(str(key), f"is no public key in PEM: {error}.", "Give the .pub file.") from None
    return public_key_bytes(data, str(key))


def public_key_bytes(data: bytes, place: str) -> Any:
    """The EC public key in the bytes of a PEM file; `place` names it in errors."""
    ec, _, load = _cryptography()
    try:
        found = load(data)
    except ValueError as error:
        fact = f"is no public key in PEM: {str(error).splitlines()[0]}."
        raise DataError(place, fact, "Give the .pub file.") from None
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise DataError(place, "is not an EC public key.", "Give the key that belongs to --sign-key.")
    return found


def signed_files(bundle: str, key: Any) -> dict[str, str]:
    """The files that a `model.sig` vouches for: path -> sha256.

    Raises:
        ValueError: it is no such bundle, or the key did not make it.
    """
    try:
        envelope = json.loads(bundle)["dsseEnvelope"]
    except (ValueError, TypeError, KeyError):
        raise ValueError("is no sigstore bundle with a DSSE envelope") from None
    statement = verified(envelope, key)
    predicate = statement.get("predicate", {})
    if statement.get("predicateType") != _PREDICATE:
        raise ValueError("is no signature of OpenSSF Model Signing")
    found = {}
    for item in predicate.get("resources", []):
        if item["algorithm"] != "sha256":
            raise ValueError(f"has digests of the kind {item['algorithm']!r}, not sha256")
        found[item["name"]] = item["digest"]
    return found


def verified(envelope: dict[str, Any], key: Any) -> dict[str, Any]:
    """The statement in a DSSE envelope, after its signature has been checked.

    Raises:
        ValueError: the envelope is broken, or no signature in it was made by this key.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
    signed = pae(kind, payload)
    for item in envelope["signatures"]:
        try:
            key.verify(base64.b64decode(item["sig"]), signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            continue
        statement: dict[str, Any] = json.loads(payload)
        return statement
    raise ValueError("was not signed with this key")


def pae(kind: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is signed."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def _cryptography() -> tuple[Any, Any, Any]:
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
    except ImportError as error:
        raise _missing(error) from None
    return ec, load_pem_private_key, load_pem_public_key


def _missing(error: ImportError) -> DataError:
    return DataError("signing", f"a package is not installed: {error.name}.", "Run: pip install 'openclaw-data[sign]'")
