"""Make the models of filters/models/ again.

    python scripts/make_models.py --toxicity toxicity_train.parquet --quality quality_dev.parquet

`--toxicity`: Parquet with `text`, `label`, `lang`, `source`, `topic`; `--quality`: Parquet with `text`, `lang`,
`quality` (good, bad), `unit` (document), `source`. The cards in filters/models/ say which data that was. Beside it the
models see, under names that begin with `aux:`, synthetic pages (`synthetic_pages.py`), threads of posts from the
toxicity data, the sample's prose (`sample_prose/`), and, for English, the documentation that Python and NumPy carry.
"""

import argparse
import hashlib
import inspect
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import sample_pages
import synthetic_pages

MODELS = Path(__file__).parents[1] / "filters" / "models"
TOPICS = {"ethnicity": "race", "region": "region", "gender": "gender"}
SYNTHETIC = 500
THREADS = 1500
ARTICLES = (
    "encyclopedia",
    "essay",
    "finance",
    "health",
    "history",
    "howto",
    "interview",
    "news",
    "opinion",
    "recipe",
    "review",
    "science",
    "travel",
    "tutorial",
)
SCHEMA = {"text": pl.String, "source": pl.String, "quality": pl.String}


def prose(language: str) -> list[str]:
    """The sample's own articles: news, essays, recipes, guides; its forum pages, shops and the like are left out."""
    names = {"en": ["en"], "zh": ["zh-Hans", "zh-Hant"]}[language]
    pages = [page for name in names for page in sample_pages.read_prose(name, "")]
    return [page.text for page in pages if page.kind in ARTICLES]


def documentation() -> list[str]:
    """Documentation under free licences that this environment carries: Python's topics, NumPy's docstrings."""
    from pydoc_data import topics

    import numpy as np

    texts = [text for text in topics.topics.values() if len(text) > 400]
    members = (inspect.getdoc(getattr(np, name)) or "" for name in sorted(dir(np)) if not name.startswith("_"))
    return [text[:6000] for text in [*texts, *dict.fromkeys(members)] if len(text) > 400]


def quality_examples(labelled: Path, toxicity: Path, language: str) -> pl.DataFrame:
    """Rows of text, source and quality: the labelled documents, and what helps to train."""
    real = pl.read_parquet(labelled).filter(
        (pl.col("lang") == language) & (pl.col("unit") == "document") & pl.col("quality").is_in(["good", "bad"])
    )
    # A repository is a source, and of NLTK's collection each corpus.
    repository = pl.col("source").str.split("@").list.first().str.strip_prefix("github:")
    corpus = pl.col("source").str.extract(r"/corpora(/[^/]+)\.zip$").fill_null("")
    real = real.select("text", (repository + corpus).alias("source"), "quality")
    posts = pl.read_parquet(toxicity).filter(pl.col("lang") == language)["text"].to_list()
    own = prose(language)
    # Titles come from what is bad anyway: were they good sentences, the model would learn that such sentences are bad.
    titles = [re.split(r"[.。！？\n]", post)[0].strip()[: 60 if language == "en" else 24] for post in posts]
    helps = {
        ("aux:spam", "bad"): synthetic_pages.spam(language, SYNTHETIC),
        ("aux:links", "bad"): synthetic_pages.link_lists(language, SYNTHETIC, [t for t in titles if len(t) > 8]),
        ("aux:threads", "bad"): synthetic_pages.threads(posts, THREADS),
        ("aux:prose", "good"): own,
        ("aux:documentation", "good"): documentation() if language == "en" else [],
    }
    rows = [(text, source, quality) for (source, quality), texts in helps.items() for text in texts]
    return pl.concat([real, pl.DataFrame(rows, SCHEMA, orient="row")])


def toxicity_examples(labelled: Path, language: str) -> pl.DataFrame:
    """Rows of text, label and source: the labelled texts, and clean long ones that help to train."""
    real = pl.read_parquet(labelled).filter(pl.col("lang") == language).select("text", "label", "source")
    long = {"aux:prose": prose(language), "aux:documentation": documentation() if language == "en" else []}
    rows = [(text, 0, source) for source, texts in long.items() for text in texts]
    return pl.concat([real, pl.DataFrame(rows, real.schema, orient="row")])


def topic_examples(labelled: Path, topic: str) -> pl.DataFrame:
    """Rows of text, label and source: COLDataset's posts, 1 where they are about the topic."""
    real = pl.read_parquet(labelled).filter(source="COLDataset")
    return real.select("text", (pl.col("topic") == topic).cast(pl.Int64).alias("label"), "source")


def train(*arguments: str) -> None:
    program = "from openclaw_data.cli import main; main()"
    subprocess.run([sys.executable, "-c", program, "train", *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toxicity", type=Path, required=True)
    parser.add_argument("--quality", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=MODELS)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for language in ("zh", "en"):
        about = ["--language", language, "--about", str(MODELS / "about" / f"toxicity-{language}.md")]
        examples = quality_examples(options.quality, options.toxicity, language)
        with tempfile.TemporaryDirectory() as folder:
            toxicity_examples(options.toxicity, language).write_parquet(f"{folder}/labelled.parquet")
            output = str(options.output / f"toxicity-{language}.linear")
            train("toxicity", f"{folder}/labelled.parquet", *about, "-o", output)
            for quality in ("good", "bad"):
                examples.filter(pl.col("quality") == quality).write_parquet(Path(folder, f"{quality}.parquet"))
            about[-1] = str(MODELS / "about" / f"quality-{language}.md")
            files = ["--positive", f"{folder}/good.parquet", "--negative", f"{folder}/bad.parquet"]
            train("quality", *files, *about, "-o", str(options.output / f"quality-{language}.linear"))
    for name, topic in TOPICS.items():
        with tempfile.TemporaryDirectory() as folder:
            topic_examples(options.toxicity, topic).write_parquet(f"{folder}/labelled.parquet")
            about = ["--language", "zh", "--about", str(MODELS / "about" / "topic-zh.md"), "--topic", name]
            train("topic", f"{folder}/labelled.parquet", *about, "-o", str(options.output / f"{name}-zh.linear"))
    sums = [
        f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in sorted(options.output.glob("*.linear"))
    ]
    (options.output / "SHA256SUMS").write_text("".join(sums), "utf-8")


if __name__ == "__main__":
    main()
