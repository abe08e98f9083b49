"""What members get, over HTTP and step by step: the catalogue, orders and their fulfilment, vouchers and offers of a
member, budgets and stock. An order is decided like everything else that happens to an account; what has to be done
outside is done by the worker, and each step that ends is again an activity.
"""
