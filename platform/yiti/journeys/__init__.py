"""The ways of doing things (办事流程): one file tells one story, from the first click to the archive."""
