"""What a host does around the running bot: check, health, backup, restore."""
