"""What several suites share: real homeservers and the people who talk on them."""
