#!/usr/bin/env python3
"""How right: rendered streets nobody tuned to, real clips, and the tracker alone; one page into benches/runs/.

    accuracy.py [--streets N] [--first-seed S] [--quick] [--jobs J] [--work DIR] [--out PAGE.md] [--only PART[,PART]]

What is finished is kept in the work folder and not done again; it is done anew when the program, the model or the input
has changed. PARTs: streets, real, tracker. Exit code 2 when an input cannot be used.
"""

import argparse
import concurrent.futures
import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
import threading
import tomllib
import venv
from pathlib import Path

import page

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["trackeval==1.3.0", "trackers==2.6.1"]
FIRST_HELD_OUT = 9000


class Bad(Exception):
    """Input that cannot be used, said in one sentence."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(command: list, **more) -> subprocess.CompletedProcess:
    """Runs to success; else says which command failed and its last words."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise Bad(f"{Path(str(command[0])).name} {command[1] if len(command) > 1 else ''}: exit {done.returncode}: {' / '.join(words)}")
    return done


def digest(*paths: Path) -> str:
    """Of files' contents; of a folder, of all files in it."""
    whole = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with open(file, "rb") as content:
                    whole.update(hashlib.file_digest(content, "sha256").digest())
    return whole.hexdigest()[:16]


def cameras(folder: Path) -> dict[str, Path]:
    """Camera ids of a site with the files they play."""
    site = folder / "site.toml"
    try:
        listed = tomllib.loads(site.read_text())["camera"]
        found = {camera["id"]: folder / camera["source"] for camera in listed}
    except FileNotFoundError as error:
        raise Bad(f"{site}: there is none") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise Bad(f"{site}: {error}") from error
    missing = [str(path) for path in found.values() if not path.is_file()]
    if missing:
        raise Bad(f"{site}: no file {missing[0]}" + (f" and {len(missing) - 1} more" if len(missing) > 1 else ""))
    return found


class Variant:
    """One way of running `kerbwatch analyze`."""

    def __init__(self, name: str, options: list[str], model: bool):
        self.name, self.options, self.model = name, options, model


def variants(model: Path | None, rates: list[tuple[str, str]]) -> list[Variant]:
    """By rate with the shipped models, if there are any; at the first rate without the classifier; then without any."""
    with_model = [Variant(name, ["--rate", rate, "--models", str(model)], True) for name, rate in rates] if model else []
    detectors = [toml.parent for toml in model_tomls(model) if tomllib.loads(toml.read_text())["family"] != "classifier"] if model else []
    if rates and len(detectors) == 1 and len(model_tomls(model)) > 1:
        (name, rate), *_ = rates
        with_model.append(Variant(f"{name}, no classifier", ["--rate", rate, "--models", str(detectors[0])], True))
    without = [Variant(f"{name}, no model", ["--rate", rate, "--no-models"], False)
               for name, rate in (rates if not model else rates[:1])]
    return with_model + without


class Analyses:
    """Runs `analyze` for each camera and variant of a folder; keeps events and counts."""

    def __init__(self, binary: Path, model: Path | None, work: Path, jobs: int):
        self.binary, self.work, self.jobs = binary, work, jobs
        tomls = model_tomls(model) if model else []
        self.made_by = {True: digest(binary, *tomls, *(toml.with_name("model.onnx") for toml in tomls)), False: digest(binary)}

    def all(self, folder: Path, name: str, wanted: list[Variant]) -> dict[str, dict[str, Path]]:
        """Events files by variant and camera."""
        files = cameras(folder)
        site = digest(folder / "site.toml")
        seen = {id: f"{path.stat().st_size}-{path.stat().st_mtime_ns}" for id, path in files.items()}
        tasks, result = [], {}
        for variant in wanted:
            key = hashlib.sha256(" ".join(variant.options).encode()).hexdigest()[:8]
            for camera in files:
                mark = hashlib.sha256(f"{self.made_by[variant.model]} {site} {seen[camera]}".encode()).hexdigest()[:12]
                out = self.work / name / key / f"{camera}-{mark}.jsonl"
                result.setdefault(variant.name, {})[camera] = out
                if not out.is_file():
                    tasks.append((variant, camera, out))
        done, total, lock = 0, len(tasks), threading.Lock()
        if total:
            say(f"{name}: {total} analyses to do ({sum(map(len, result.values())) - total} are there)")

        def analyse(task) -> None:
            nonlocal done
            variant, camera, out = task
            out.parent.mkdir(parents=True, exist_ok=True)
            part, stats = out.with_suffix(".part"), out.with_suffix(".stats.json")
            run([self.binary, "--log", "error", "analyze", "--site", folder / "site.toml", "--camera", camera,
                 "--out", part, "--stats", stats, *variant.options])
            part.rename(out)
            with lock:
                done += 1
                say(f"  {done}/{total} {camera}, {variant.name}")

        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for finished in [pool.submit(analyse, task) for task in tasks]:
                finished.result()
        return result

    def evaluate(self, folder: Path, events: dict[str, Path]) -> dict:
        """`kerbwatch evaluate --json`, with the look-alikes where they are known; and the stats of all runs in one."""
        likes = folder / "lookalikes.jsonl"
        command = [self.binary, "evaluate", "--json", "--truth", folder / "truth.jsonl"]
        command += ["--lookalikes", likes] if likes.is_file() else []
        for path in events.values():
            command += ["--events", path]
        scores = json.loads(run(command).stdout)
        stats = [json.loads(path.with_suffix(".stats.json").read_text()) for path in events.values()]
        scores["stats"] = {key: sum(s[key] for s in stats) for key in ("video_s", "frames_inferred", "cpu_s")}
        scores["streams"] = list(events)
        return scores


def chosen(args, rates: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the rates that were asked for: all, unless --rates says which."""
    return [(name, rate) for name, rate in rates if args.rates is None or rate in args.rates]


def streets(args, analyses: Analyses, model: Path | None) -> dict:
    folder = args.work / f"streets-{args.first_seed}-{args.streets}"
    say(f"streets: {args.streets} from seed {args.first_seed}")
    render = [*args.render.split(), str(folder), "--streets", str(args.streets), "--first-seed", str(args.first_seed),
              "--jobs", str(args.jobs)]
    # Its progress goes to the terminal.
    if subprocess.run(render, cwd=ROOT, stdout=sys.stderr).returncode != 0:
        raise Bad(f"rendering failed: {' '.join(render)}")
    wanted = variants(model, chosen(args, [("key frames (the camera's policy)", "policy"), ("full rate", "full")]))
    events = analyses.all(folder, folder.name, wanted)
    return {"folder": folder.name, "seeds": [args.first_seed, args.first_seed + args.streets - 1],
            "variants": {name: analyses.evaluate(folder, of) for name, of in events.items()}}


def real(args, analyses: Analyses, model: Path | None) -> dict | None:
    folder = args.shared / "real/clips"
    if not folder.is_dir():
        say(f"SKIPPED: real clips: no {folder}")
        return None
    rates = chosen(args, [("policy", "policy"), ("1 fps", "1"), ("full rate", "full")])
    events = analyses.all(folder, "real", variants(model, rates[:1] if args.quick else rates))
    return {"variants": {name: analyses.evaluate(folder, of) for name, of in events.items()}}


def tracker(args) -> dict | None:
    source = args.shared / "real/mot"
    if not source.is_dir():
        say(f"SKIPPED: tracker: no {source}")
        return None
    python = args.work / "venv/bin/python"
    ready = args.work / "venv/.ready"
    if not ready.is_file() or ready.read_text() != " ".join(PACKAGES):
        say(f"tracker: installing {', '.join(PACKAGES)} into {args.work / 'venv'} (once)")
        try:
            venv.create(args.work / "venv", with_pip=True)
        except subprocess.CalledProcessError as error:
            raise Bad("Python's venv cannot be used: install python3-venv") from error
        run([python, "-m", "pip", "install", "--quiet", *PACKAGES])
        ready.write_text(" ".join(PACKAGES))
    script = Path(__file__).with_name("tracking.py")
    rates = ["0"] if args.quick else ["0", "5", "1"]
    mark = digest(script, source, ROOT / "detectors/scene/src/tracker", ROOT / "benches/src/bin/track.rs")
    scores = args.work / f"tracking-{'-'.join(rates)}-{mark}.json"
    if not scores.is_file():
        work = args.work / f"mot-{'-'.join(rates)}"
        say("tracker: our tracks and the others', scored by TrackEval")
        run([python, script, "prepare", source, work, *rates])
        for rate in rates:
            run([*args.track.split(), work / rate / "sequences", work / rate / "tracks" / "Kerbwatch"], cwd=ROOT)
        run([python, script, "baselines", work])
        run([python, script, "score", work, scores])
    return json.loads(scores.read_text())


def model_tomls(model: Path) -> list[Path]:
    """Of a model folder, or of those in a folder."""
    return [path for path in [model / "model.toml", *sorted(model.glob("*/model.toml"))] if path.is_file()]


def shipped(given: Path | None) -> Path | None:
    model = given or ROOT / "models"
    if model_tomls(model):
        return model
    if given:
        raise Bad(f"--model: no model.toml in {given}")
    say(f"no model ships yet (no folder of {model} has a model.toml): all is measured without one")
    return None


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="accuracy.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streets", type=int, help="how many streets (default 60; 4 with --quick)")
    parser.add_argument("--first-seed", type=int, default=FIRST_HELD_OUT,
                        help=f"first seed (default {FIRST_HELD_OUT}: those are held out; take lower ones to develop)")
    parser.add_argument("--quick", action="store_true", help="a small run: few streets, one rate for real clips and tracker")
    parser.add_argument("--jobs", type=int, default=2, help="at once (default 2)")
    parser.add_argument("--work", type=Path, default=ROOT / ".local/accuracy", help="folder for what is made on the way")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("KERBWATCH_SHARED", ROOT.parent / "shared")),
                        help="folder with real/clips and real/mot (default KERBWATCH_SHARED, or ../shared)")
    parser.add_argument("--model", type=Path, help="model folder, or a folder of them (default models)")
    parser.add_argument("--kerbwatch", type=Path, default=ROOT / "target/release/kerbwatch", help="the program")
    parser.add_argument("--render", default="cargo run --quiet --release -p kerbwatch-sample-streams --example render --",
                        help="the command that renders streets")
    parser.add_argument("--track", default="cargo run --quiet --release -p kerbwatch-benches --bin track --",
                        help="the command that runs our tracker")
    parser.add_argument("--out", type=Path, help="the page (default benches/runs/DATE-accuracy.md)")
    parser.add_argument("--rates", help="of policy, 1 and full those to run, with commas (default all; full takes an hour with a model)")
    parser.add_argument("--only", default="streets,real,tracker", help="parts, with commas")
    args = parser.parse_args(argv)
    args.work, args.shared, args.kerbwatch = args.work.resolve(), args.shared.resolve(), args.kerbwatch.resolve()
    args.streets = args.streets or (4 if args.quick else 60)
    args.parts = args.only.split(",")
    args.rates = args.rates.split(",") if args.rates else None
    strange = set(args.rates or ()) - {"policy", "1", "full"}
    if strange or args.rates == ["1"] and "streets" in args.parts:
        parser.error(f"--rates: no rate {', '.join(sorted(strange)) or 'of streets'}; there are policy, 1 (real clips) and full")
    unknown = set(args.parts) - {"streets", "real", "tracker"}
    if unknown:
        parser.error(f"--only: no part {', '.join(sorted(unknown))}; there are streets, real and tracker")
    if args.streets < 1 or args.jobs < 1:
        parser.error("--streets and --jobs are at least 1")
    return args


def main(argv: list[str]) -> int:
    args = arguments(argv)
    try:
        if not args.kerbwatch.is_file():
            raise Bad(f"no {args.kerbwatch}: `make build` makes it")
        model = shipped(args.model)
        args.work.mkdir(parents=True, exist_ok=True)
        analyses = Analyses(args.kerbwatch, model, args.work, args.jobs)
        found: dict = {
            "date": datetime.date.today().isoformat(), "held_out": args.first_seed >= FIRST_HELD_OUT, "quick": args.quick,
            "model": ", ".join(toml.parent.name for toml in model_tomls(model)) if model else None, "machine": f"{os.cpu_count()} cores, {platform.machine()}",
            "software": run([args.kerbwatch, "--version"]).stdout.strip(),
        }
        found["streets"] = streets(args, analyses, model) if "streets" in args.parts else None
        found["real"] = real(args, analyses, model) if "real" in args.parts else None
        found["tracker"] = tracker(args) if "tracker" in args.parts else None
    except (Bad, OSError) as error:
        say(f"accuracy: {error}")
        return 2
    except KeyboardInterrupt:
        say("accuracy: broken off; what is finished stays, the same command goes on from here")
        return 1
    out = args.out or ROOT / f"benches/runs/{found['date']}-accuracy.md"
    (args.work / "last.json").write_text(json.dumps(found, indent=1) + "\n")
    out.write_text(page.write(found))
    say(f"written: {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
