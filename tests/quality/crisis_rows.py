"""Streams as files: JSONL rows of the contract (design §5, `replay --analysed`), as fetched.

    python -m tests.quality.crisis_rows --seed 1 --projects 350 --weeks 30 --out /tmp/streams

writes posts-0.jsonl, posts-1.jsonl (for `fenghuo replay --lag fetched`) and truth.json.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.quality.crisis_families import FAMILIES
from tests.quality.crisis_posts import NEWS, SITE_KINDS, topic_codes
from tests.quality.crisis_streams import Spec, Stream, stream

#: Invented local outlets; news rows of one stream take them in turn.
OUTLETS = ("江城楼市观察", "江畔房产周刊", "江城居住报", "新城生活号")


def write(streams: Sequence[Stream], folder: Path, *, parts: int = 2) -> list[Path]:
    """Write every parts-th stream into one file each and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"posts-{part}.jsonl" for part in range(min(parts, len(streams)))]
    for part, file in enumerate(files):
        mine = streams[part :: len(files)]
        lines = [line for item in mine for line in rows(item)]
        order = np.argsort(np.concatenate([item.fetched for item in mine]), kind="stable")
        with file.open("w") as out:
            out.writelines(lines[k] for k in order)
    return files


def rows(stream: Stream) -> list[str]:
    """Return one JSON line a post, in the stream's own order (ids count in it)."""
    project, posts = stream.project.key, stream.posts
    head = f'{{"id":"{project}-%d","project":"{project}","category":%s,"negative":%s,"author":"%s",'
    tail = '"source":"%s","source_kind":"%s","published_at":"%s+08:00","fetched_at":"%s+08:00"%s}\n'
    line = head + tail
    codes, sites = _codes(stream), [f"{kind}-{project}" for kind in SITE_KINDS]
    return [
        line
        % (
            number, code, "true" if negative else "false",
            f"{project}a{author}" if site != NEWS else "编辑部",
            sites[site], SITE_KINDS[site], at, fetched, _rest(project, number, site, copy, old),
        )
        for number, (code, negative, author, site, at, fetched, copy, old) in enumerate(
            zip(
                codes, posts.negative.tolist(), posts.author.tolist(), posts.site.tolist(),
                iso(posts.at), iso(stream.fetched), posts.copy_of.tolist(),
                stream.backfill.tolist(), strict=True,
            )
        )
    ]  # fmt: skip


def iso(times: NDArray[np.floating[Any]]) -> list[str]:
    """Return seconds as 2026-02-23T08:00:00, cut to the second."""
    moments = times.astype(np.int64).astype("datetime64[s]")
    return list(np.datetime_as_string(moments).tolist())


def _codes(stream: Stream) -> list[str]:
    """Return a K-code of each post's topic as JSON; most untopical posts have none."""
    choices = [
        [f'"{code}"' for code in codes] if topic else ["null", *(f'"{code}"' for code in codes)]
        for topic, codes in topic_codes()
    ]
    return [
        choices[topic][number % len(choices[topic])]
        for number, topic in enumerate(stream.posts.topic.tolist())
    ]


def _rest(project: str, number: int, site: int, copy: int, old: bool) -> str:
    """Return the fields most rows do not have."""
    rest = f',"duplicate_of":"{project}-{copy}"' if copy >= 0 else ""
    rest += ',"backfill":true' if old else ""
    return rest + (f',"outlet":"{OUTLETS[number % len(OUTLETS)]}"' if site == NEWS else "")


# ---- the command --------------------------------------------------------------------------------


def main() -> None:
    """Write streams and truth to a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--projects", type=int, default=350)
    parser.add_argument("--weeks", type=int, default=30)
    parser.add_argument("--family", choices=sorted(FAMILIES), default="pilot")
    parser.add_argument("--lag", type=float, default=6.0, help="hours")
    parser.add_argument("--noise", type=float, default=0.25)
    parser.add_argument("--quiet", action="store_true", help="no crises")
    parser.add_argument("--parts", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    spec = Spec(
        seed=args.seed, projects=args.projects, weeks=args.weeks, family=args.family,
        lag_hours=args.lag, noise=args.noise, crises=not args.quiet,
    )  # fmt: skip
    streams = [stream(spec, number) for number in range(spec.projects)]
    files = write(streams, args.out, parts=args.parts)
    truth = {
        "spec": asdict(spec),
        "projects": [asdict(item.project) for item in streams],
        "crises": [asdict(crisis) for item in streams for crisis in item.crises],
    }
    (args.out / "truth.json").write_text(json.dumps(truth))
    print(*files, args.out / "truth.json", sep="\n")


if __name__ == "__main__":
    main()
