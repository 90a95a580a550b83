"""`provenance.dsse.json`: how the dataset came to be, as an in-toto Statement with SLSA provenance v1 in DSSE.

https://slsa.dev/spec/v1.0/provenance. Without a key the envelope has no signatures; the manifest holds its hash.
"""

import base64
import json
from pathlib import Path
from typing import Any

from openclaw_data.dataset import signature
from openclaw_data.dataset.manifest import Manifest
from openclaw_data.documents import DataError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUILD_TYPE = "urn:openclaw-data:run:v1"


def statement(manifest: Manifest, when: str) -> dict[str, Any]:
    """What was made (every shard and decisions part by sha256), from what, with what, by which rules."""
    subject = [{"name": f.path, "digest": {"sha256": f.sha256}} for f in (*manifest.shards, *manifest.decisions)]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"recipe": manifest.recipe, "version": manifest.version},
                "internalParameters": {"recipeDigest": manifest.recipe_digest, "tokenizer": manifest.tokenizer},
                "resolvedDependencies": _dependencies(manifest),
            },
            "runDetails": {
                "builder": {
                    "id": "urn:openclaw-data",
                    "version": {"openclaw-data": manifest.code["version"], **manifest.environment},
                },
                "metadata": {"invocationId": manifest.run_id, "finishedOn": when},
                "byproducts": [t.model_dump() | {"name": f"takedown/{t.id}"} for t in manifest.takedowns],
            },
        },
    }


def _dependencies(manifest: Manifest) -> list[dict[str, Any]]:
    packs = [{"name": f"pack/{n}", "digest": {"sha256": d}} for n, d in manifest.packs.items()]
    models = [{"name": f"model/{n}", "digest": {"sha256": d}} for n, d in manifest.models.items()]
    lists = [{"name": f"optout/{n}", "digest": {"sha256": d}} for n, d in manifest.optouts.items()]
    code = [{"name": "openclaw-data", "digest": {"sha256": manifest.code["sha256"]}}]
    inputs = [
        {"name": f"input/{i.source_id}/{i.name}", "annotations": {"sizeBytes": i.size_bytes, "records": i.records}}
        for i in manifest.inputs
    ]
    return [*code, *packs, *models, *lists, *inputs]


def envelope(content: dict[str, Any], key: str | Path | None = None) -> dict[str, Any]:
    """The statement in a DSSE envelope, signed where a key is given.

    Raises:
        DataError: the extra `sign` is not installed, or the key is no EC private key.
    """
    payload = json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
    if key is None:
        return {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": []}
    private = signature.private_key(key)
    try:
        from securesystemslib.dsse import Envelope
        from securesystemslib.signer import CryptoSigner
    except ImportError as error:
        fact = f"a package is not installed: {error.name}."
        raise DataError("signing", fact, "Run: pip install 'openclaw-data[sign]'") from None
    made = Envelope(payload, PAYLOAD_TYPE, {})
    made.sign(CryptoSigner(private))
    found: dict[str, Any] = made.to_dict()
    return found


def opened(file: dict[str, Any]) -> dict[str, Any]:
    """The statement in an envelope, its signature unchecked."""
    found: dict[str, Any] = json.loads(base64.b64decode(file["payload"]))
    return found
