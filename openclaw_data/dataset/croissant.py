"""`croissant.json`: Croissant 1.1 with RAI and PROV, as a plain dict.

The context is inline (the reference loader takes no URL), hashes stand at FileObjects, and the FileSet has no
`containedIn`: with it the loader finds no records and says nothing.
"""

from typing import Any

from openclaw_data.dataset import columns
from openclaw_data.dataset.manifest import Manifest

_NO_URL = "urn:openclaw-data:"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def describe(manifest: Manifest, when: str) -> dict[str, Any]:
    """The whole document. `when`: the date of publication, ISO 8601."""
    publication = manifest.recipe.get("publication", {})
    creator = publication.get("creator") or "not provided"
    described: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": {"en": manifest.name, "zh": publication.get("name_zh") or manifest.name},
        "description": {"en": english(manifest), "zh": chinese(manifest)},
        "license": licences(manifest),
        "url": publication.get("url") or f"{_NO_URL}{manifest.name}:{manifest.version}",
        "creator": {"@type": "sc:Organization", "name": creator},
        "datePublished": when[:10],
        "version": manifest.version,
        "inLanguage": list(manifest.languages),
        "isLiveDataset": False,
        "keywords": ["text", "web", *manifest.languages],
        "distribution": _distribution(manifest),
        "recordSet": [_records(manifest)],
        **_prov(manifest),
        **_rai(manifest),
    }
    first, last = manifest.contents.fetched_first, manifest.contents.fetched_last
    if first:
        described["temporalCoverage"] = f"{first[:10]}/{last[:10]}"
    return described


def english(manifest: Manifest) -> str:
    """What the dataset is, in a sentence or two."""
    counts = manifest.contents
    said = f"{counts.documents:,} documents, {counts.tokens:,} words from {counts.domains:,} registered domains."
    return f"{manifest.description.strip()} {said}".strip()


def chinese(manifest: Manifest) -> str:
    """The same in Chinese; the recipe may bring its own first sentence."""
    counts = manifest.contents
    own = manifest.recipe.get("publication", {}).get("description_zh") or f"数据集 {manifest.name}。"
    return f"{own.strip()} 共 {counts.documents:,} 篇文档，{counts.tokens:,} 个词，来自 {counts.domains:,} 个注册域名。"


def licences(manifest: Manifest) -> list[str]:
    """The licence of the dataset as published, else those of its sources; unknown ones are said to be so."""
    own = manifest.recipe.get("publication", {}).get("licence")
    named = [own] if own else sorted({s.licence for s in manifest.sources if s.licence})
    known = named and (own or all(s.licence for s in manifest.sources))
    spdx = [n if n.startswith("LicenseRef-") or " " in n else f"https://spdx.org/licenses/{n}" for n in named]
    return spdx if known else [*spdx, "LicenseRef-not-provided"]


def _distribution(manifest: Manifest) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": f.path,
            "name": f.path,
            "contentUrl": f.path,
            "contentSize": f"{f.size_bytes} B",
            "encodingFormat": "application/x-parquet",
            "sha256": f.sha256,
        }
        for f in (*manifest.shards, *manifest.decisions)
    ]
    documents = {
        "@type": "cr:FileSet",
        "@id": "shards",
        "name": "shards",
        "description": "Every shard of data/, found from this file's folder.",
        "encodingFormat": "application/x-parquet",
        "includes": "data/*/*.parquet",
    }
    return [*files, documents]


def _records(manifest: Manifest) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "documents",
        "name": "documents",
        "description": "One record a document, in input order within each language.",
        "key": {"@id": "documents/id"},
        "field": [_field(c.name, c.type) for c in manifest.columns],
    }


def _field(name: str, arrow: str) -> dict[str, Any]:
    found = columns.kind(arrow)
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"documents/{name}",
        "name": name,
        "description": columns.DESCRIPTIONS.get(name, name.replace("_", " ")),
        "dataType": found.data_type,
        "source": {"fileSet": {"@id": "shards"}, "extract": {"column": name}},
    }
    return {**field, "isArray": True, "arrayShape": "-1"} if found.is_list else field


def _prov(manifest: Manifest) -> dict[str, Any]:
    """Where it is from and what made it. Every source is an entity, the run is the activity."""
    sources = [
        {
            "@type": "prov:Entity",
            "@id": f"{_NO_URL}{manifest.name}:source:{s.id}",
            "name": s.id,
            "description": f"{s.origin}; licence: {s.licence or 'not provided'}. {s.record}",
        }
        for s in manifest.sources
    ]
    activity = {
        "@type": "prov:Activity",
        "@id": f"{_NO_URL}{manifest.run_id}",
        "name": manifest.run_id,
        "description": f"openclaw-data {manifest.code['version']}, recipe {manifest.recipe_digest}",
    }
    return {"prov:wasDerivedFrom": sources, "prov:wasGeneratedBy": activity}


def _rai(manifest: Manifest) -> dict[str, Any]:
    counts = manifest.counts
    rights = ", ".join(f"{k} {n:,}" for k, n in manifest.contents.by_rights_status.items())
    steps = ", ".join(str(e) for e in manifest.recipe.get("edits", ())) or "none"
    packs = ", ".join(manifest.packs) or "none"
    return {
        "rai:dataCollection": "; ".join(f"{s.id}: {s.record}" for s in manifest.sources),
        "rai:dataCollectionType": sorted({s.origin for s in manifest.sources}),
        "rai:dataCollectionRawData": f"{len(manifest.inputs):,} raw files, {counts.read:,} records; see manifest.json.",
        "rai:dataPreprocessingProtocol": f"Edits: {steps}. Rule packs: {packs}. {counts.dropped:,} records dropped by "
        f"named rules, {counts.errors:,} unreadable; decisions/ gives every reason.",
        "rai:personalSensitiveInformation": "Public web pages; they may name people. Columns pii_* count masked items "
        "where the recipe masks them.",
        "rai:dataLimitations": f"Rights of the documents: {rights or 'not measured'}. Reprint notices are recorded, "
        "not judged.",
        "rai:dataReleaseMaintenancePlan": f"Takedowns remove documents and raise the major version; "
        f"{len(manifest.takedowns)} carried out so far.",
    }
