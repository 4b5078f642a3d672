"""Reads the event files of a run with TensorBoard itself and prints every scalar: python event_file.py RUN/tensorboard.

Tests/SubTrainTests/Log/EventFileTests.swift parses the same bytes by hand."""

import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1])
events.Reload()
for tag in events.Tags()["scalars"]:
    print(tag, [(scalar.step, scalar.value) for scalar in events.Scalars(tag)])
