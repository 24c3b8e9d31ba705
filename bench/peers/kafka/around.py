#!/usr/bin/env python3
"""What stands around the Kafka Streams service: `feed` sends it movies as JSON, `collect` reads its results.

They take as little of the cores as they can: messages are made before the first goes, and taken apart after the last has come.
A message is one JSON object, or with --batch-rows an array of so many.
"""
import argparse
import json
import pathlib
import sys
import time

import numpy as np
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

import movies
import outcome

PATIENCE = 60
AT_ONCE = 500  # messages taken from the client in one call


def feed(args: argparse.Namespace) -> None:
    """Send rows `first_row` to `rows`, at a steady rate if one is given: a message goes when its last row has come."""
    rows = [json.dumps(row)[1:] for row in movies.read(args.data).to_dict("records")]
    size = args.batch_rows

    def text(row: int) -> str:
        return f'{{"row": {row}, {rows[row % len(rows)]}'

    if size == 1:
        messages = [text(row) for row in range(args.first_row, args.rows)]
    else:
        messages = ["[" + ",".join(map(text, range(row, min(row + size, args.rows)))) + "]"
                    for row in range(args.first_row, args.rows, size)]
    failures = []
    # It waits for others to send with as long as Marquee's producer.
    producer = Producer({"bootstrap.servers": args.brokers, "acks": "all", "linger.ms": 1 if args.rate else 25,
                         "delivery.report.only.error": True, "on_delivery": lambda error, _: failures.append(error)})
    topic = args.topic_prefix + "raw-data"
    print("ready", file=sys.stderr, flush=True)
    sys.stdin.read()  # until told to begin
    begin_ns = time.monotonic_ns()
    for i, message in enumerate(messages):
        if args.rate:
            due_ns = begin_ns + (i + 1) * size * 1_000_000_000 // args.rate
            if (left_ns := due_ns - time.monotonic_ns()) > 0:
                time.sleep(left_ns * 1e-9)
        while True:
            try:
                producer.produce(topic, message)
                break
            except BufferError:
                producer.poll(0.005)
        producer.poll(0)
    producer.flush()
    if failures:
        raise KafkaException(failures[0])
    print(json.dumps({"begin_ns": begin_ns}))


def collect(args: argparse.Namespace) -> None:
    """Read until all rows have come, and check them."""
    consumer = Consumer({"bootstrap.servers": args.brokers, "group.id": f"{args.topic_prefix}collect", "auto.offset.reset": "earliest",
                         "enable.auto.commit": False})
    topic = args.topic_prefix + "results"
    partitions = consumer.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    print("ready", file=sys.stderr, flush=True)
    # Each part's last message may have fewer rows than the others.
    warm_up = -(-args.first_row // args.batch_rows)
    expected = warm_up - (args.first_row - args.rows) // args.batch_rows
    came, heard = [], time.monotonic()
    while len(came) < expected:
        first = consumer.poll(0.1)
        if first is None:
            if time.monotonic() - heard > PATIENCE:
                sys.exit(f"{len(came)} of {expected} messages came, then none for {PATIENCE} s")
            continue
        messages = [first, *consumer.consume(AT_ONCE, timeout=0)]
        now_ns, heard = time.monotonic_ns(), time.monotonic()
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
        if len(came) < warm_up <= len(came) + len(messages):
            print("warm", file=sys.stderr, flush=True)
        came += [(message.value(), now_ns) for message in messages]
    results, times_ns = [], np.empty(args.rows, dtype=np.int64)
    for value, time_ns in came:
        rows = json.loads(value)
        for result in rows if isinstance(rows, list) else [rows]:
            results.append(result)
            times_ns[result["row"]] = time_ns
    np.save(args.times, times_ns[args.first_row:])
    print(json.dumps({"end_ns": came[-1][1], **outcome.summary(results, args.rows, args.model)}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--topic-prefix", required=True)
    parser.add_argument("--batch-rows", type=int, default=1, help="rows a message")
    parser.add_argument("--first-row", type=int, default=0, help="feed: begin here; collect: the rows before are warm-up")
    parser.add_argument("--rows", type=int, required=True, help="end before this row")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("feed")
    command.set_defaults(function=feed)
    command.add_argument("--data", type=pathlib.Path, required=True)
    command.add_argument("--rate", type=int, default=0, help="rows a second; 0: all at once")
    command = commands.add_parser("collect")
    command.set_defaults(function=collect)
    command.add_argument("--model", type=pathlib.Path, required=True)
    command.add_argument("--times", type=pathlib.Path, required=True, help="file for the time at which each row after the warm-up came")
    args = parser.parse_args()
    args.function(args)


if __name__ == "__main__":
    main()
