#!/usr/bin/env python3
"""The pipeline as a plain Python lab: four services with confluent-kafka, pandas and scikit-learn, one JSON record a message.

    lab.py produce|preprocess|infer|results --brokers … --topic-prefix … --batch-rows 1|500 --rows N --data MOVIES.csv --model FOLDER

A service takes up to --batch-rows records, works on them as one DataFrame, sends one message for each, waits until all are acknowledged and
commits its inputs: at least once, as Marquee. `produce` and `results` print when they began and ended.
"""
import argparse
import json
import pathlib
import pickle
import sys
import time

import pandas as pd
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

import movies
import outcome

PATIENCE = 60
PASSED_ON = ["row", "id", "title"]


class Sender:
    """Sends JSON records to a topic."""

    def __init__(self, args: argparse.Namespace, topic: str):
        self.producer = Producer({"bootstrap.servers": args.brokers, "acks": "all"})
        self.topic = args.topic_prefix + topic

    def send(self, records: list[dict]) -> None:
        """Send them, and wait until they are acknowledged."""
        for record in records:
            self.producer.produce(self.topic, json.dumps(record), on_delivery=_check)
        self.producer.flush()


def _check(error: KafkaError | None, _message) -> None:
    if error:
        raise KafkaException(error)


def batches(consumer: Consumer, size: int):
    """Give what has come, up to `size` records at a time, for as long as anything comes."""
    heard = time.monotonic()
    while time.monotonic() - heard < PATIENCE:
        messages = consumer.consume(size, timeout=0.1)
        for message in messages:
            _check(message.error(), message)
        if messages:
            yield [json.loads(message.value()) for message in messages]
            heard = time.monotonic()
    sys.exit(f"nothing came for {PATIENCE} s")


def consumer_of(args: argparse.Namespace, topic: str) -> Consumer:
    consumer = Consumer({"bootstrap.servers": args.brokers, "group.id": f"{args.topic_prefix}{args.service}",
                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([args.topic_prefix + topic], on_assign=lambda *_: print("ready", file=sys.stderr, flush=True))
    return consumer


def produce(args: argparse.Namespace) -> None:
    sender = Sender(args, "raw-data")
    print("ready", file=sys.stderr, flush=True)
    sys.stdin.read()  # until told to begin
    begin_ns = time.monotonic_ns()
    row = 0
    while row < args.rows:
        for chunk in movies.read(args.data, chunksize=args.batch_rows):
            chunk = chunk[:args.rows - row]
            chunk.insert(0, "row", range(row, row + len(chunk)))
            sender.send(chunk.to_dict("records"))
            row += len(chunk)
            if row == args.rows:
                break
    print(json.dumps({"begin_ns": begin_ns}))


def transform(args: argparse.Namespace, source: str, target: str, work) -> None:
    """Read a topic, send what `work` makes of it to the next."""
    consumer, sender = consumer_of(args, source), Sender(args, target)
    for records in batches(consumer, args.batch_rows):
        sender.send(work(pd.DataFrame(records)).to_dict("records"))
        consumer.commit()


def preprocess(args: argparse.Namespace) -> None:
    vocabulary = movies.vocabulary_of(args.model)

    def work(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[PASSED_ON].assign(target=movies.targets(rows), features=movies.features(rows, vocabulary).tolist())

    transform(args, "raw-data", "processed-data", work)


def infer(args: argparse.Namespace) -> None:
    model = pickle.loads((args.model / "model.pickle").read_bytes())

    def work(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[[*PASSED_ON, "target"]].assign(predicted=model.predict(rows["features"].tolist()))

    transform(args, "processed-data", "results", work)


def results(args: argparse.Namespace) -> None:
    consumer = consumer_of(args, "results")
    came = []
    for records in batches(consumer, args.batch_rows):
        came += records
        if len(came) >= args.rows:
            break
    end_ns = time.monotonic_ns()
    print(json.dumps({"end_ns": end_ns, **outcome.summary(came, args.rows, args.model)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    services = {service.__name__: service for service in (produce, preprocess, infer, results)}
    parser.add_argument("service", choices=services)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--topic-prefix", required=True)
    parser.add_argument("--batch-rows", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    args = parser.parse_args()
    services[args.service](args)


if __name__ == "__main__":
    main()
