"""The blackboard: from values, provenance and access rules to worked solutions."""
