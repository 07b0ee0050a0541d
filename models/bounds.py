"""
How long the lists that are no connections may be: what writes refuses more, what reads shows no more.

A list that may grow with use is a connection and has no bound here.
"""

CART_LINES = 100
# Past orders, which are imported, are longer than any that is checked out.
ORDER_LINES = 1_000
CATEGORY_LEVELS = 20
# Of one supplier's part of an order.
SHIPMENTS = 100
PRODUCT_OPTIONS = 3
PRODUCT_VARIANTS = 250
PRODUCT_PICTURES = 500
PRODUCT_ATTRIBUTES = 250
PRICE_TIERS = 20
# Of one order; each kind is noticed once.
ORDER_ANOMALIES = 10
# At how many places one variant is.
INVENTORY_LEVELS = 100
ADDRESSES = 50
ENTERPRISE_CONTACTS = 20
SESSIONS = 50
# Of the kinds of devices that an account is used with.
DEVICES = 50
WARDS = 20
DEVICE_SIGHTINGS = 100
UNLINKED_SEARCHES = 100
# With how many earlier versions of the policy one is compared, for the people who agreed to these.
VERSIONS_COMPARED = 1_000
