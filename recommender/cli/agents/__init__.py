"""What programs that act for a person may ask: tools of the Model Context Protocol.

``tools`` says what there is and answers, ``given`` reads what was handed over, ``wire`` and
``server`` speak the protocol; only ``server`` needs its SDK.
"""
