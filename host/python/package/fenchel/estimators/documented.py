"""The parameters that all estimators have, described once."""

PARAMETERS = """

    Parameters
    ----------
    hidden_layer_sizes : int, sequence of int or "auto"
        Units of each hidden block, lowest first.
    activation : str or sequence of str
        ``relu``, ``linear``, ``clip:LOW:HIGH`` or ``simplex``: one for all hidden blocks, one for each, or one for each
        and the output, which is linear otherwise.
    objective : str
        What training minimises: ``arovr-g`` (robust), ``arovr-ab``, ``rovr``, ``backprop``, … as ``--objective``.
    preset : None or "robust"
        ``robust`` also lets the attack move the input, and clips weights.
    loss_weight : float
        The paper's α, the weight of the loss against the attack, in (0, 1]. It isn't scikit-learn's ``alpha``, which is
        an L2 penalty; Fenchel has none.
    nudge : float
        The paper's β, the strength of the nudge, above 0.
    solver : str
        ``adam``, ``momentum`` or ``sgd``.
    learning_rate_init : float
        Learning rate of the first step.
    batch_size, max_iter : int or "auto"
        Samples in each step, and passes over them; ``auto`` chooses both by the number of samples.
    early_stopping : bool
        Whether training ends after ``n_iter_no_change`` epochs without a better validation score. A sixth of the samples
        validates in any case and chooses the best epoch.
    n_iter_no_change : int
        Number of those epochs.
    weight_clip : None or float
        Weights are clipped to ± this over the root of the fan-in.
    scaling : str
        How raw values become inputs: ``auto`` (standard for tables), ``standard``, ``minmax``, ``range`` or ``none``. It
        is part of the exported model.
    random_state : int, RandomState or None
        An integer is the command's ``--seed``, and gives the same bits.
    settings : None or dict
        Any other setting, in the groups of a run's settings.toml, such as ``{"network": {"skip": ["1:3"]}}``.
    verbose : bool
        Whether to print a line for each epoch.
"""


def documented(cls: type) -> type:
    """Append the common parameters to a class's docstring."""
    cls.__doc__ = (cls.__doc__ or "").rstrip() + PARAMETERS
    return cls
