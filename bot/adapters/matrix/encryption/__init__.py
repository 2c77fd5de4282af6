"""End-to-end encryption: our own device, others' devices, and the keys that pass between them.

It is loaded only where it is used, since its library takes memory. `machine.Encryption` is what the
adapter speaks to. What must outlive the process goes through `shelf.Shelf`: what belongs together
is committed together, before the sync token moves on and before anything that was made with a new
key is sent.
"""
