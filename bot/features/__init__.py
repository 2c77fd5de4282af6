"""One package a capability: what it declares, how it decides; its words are in prompts/."""
