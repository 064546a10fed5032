"""Lets the tests import what lies beside them, and makes their random examples the same in every run."""

import hypothesis

# This file's folder is on the path because pytest puts a conftest's folder there.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.load_profile("repeatable")
