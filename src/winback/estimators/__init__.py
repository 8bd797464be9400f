"""Models under the scikit-learn contract; frames in, index-aligned frames out, no I/O.

Everybody may call what has no underscore; what each kind of model must offer:

* **A purchase model** (`purchase.purchase_model.PurchaseModel`) says whether a customer is alive
  and what a living one will do. It implements ``fit``; ``alive`` (P(alive now)); ``exposure`` (the
  one number that, with ``frequency``, decides a living future); ``expected_alive`` and
  ``buys_alive`` (purchases, and the chance of any, of the living); and ``draw`` (their simulated
  purchases). From these it has ``expected``, ``discounted``, ``new_customer`` and, on frames,
  ``predict`` and its parts.
* **A spend model** (`spend.spend_model.SpendModel`) says what a purchase day is worth. It
  implements ``fit``; ``expected`` (of a future day); ``scale`` and ``draw`` (a simulated sum is
  the customer's scale times a drawn factor); and ``informed`` (days whose mean says something).
* **A value model** (`value.customer_value.CustomerValueModel`, `value.learned_value`) offers
  ``fit``, ``predict``, ``expected``, ``intervals``, ``total_interval``, ``residual_value``,
  ``value_new_customer``, ``purchase_model_``, ``spend_model_``, ``caveats_``.
* **A churn candidate** (`churn.candidates.candidate.Candidate`) implements ``_fit`` and
  ``_predict`` on sorted rows, and has ``fit``, ``fit_ordered``, ``churn_probability`` and
  ``predict_proba`` from them.
* **Whatever is kept** (`base.state.PlainState`) has ``to_state`` and ``from_state``, plain data
  and texts by name; ``current_params`` reads parameters that an earlier version named otherwise.
"""
