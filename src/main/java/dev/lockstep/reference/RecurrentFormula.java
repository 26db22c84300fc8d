package dev.lockstep.reference;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Recurrent cells, one step at a time or over a sequence; reverse mode over a sequence is
 * backpropagation through time. Weights and gates are laid out as PyTorch does: {@code [gates ·
 * hidden, in]}, gates i, f, g, o of an LSTM and r, z, n of a GRU.
 */
public final class RecurrentFormula {
  private RecurrentFormula() {}

  /** From an input {@code [batch, in]} and a state to the next state. */
  @FunctionalInterface
  public interface Cell {
    State step(Variable x, State state);
  }

  /**
   * What goes from step to step, each {@code [batch, hidden]}.
   *
   * @param h also the output
   * @param c an LSTM's cell; null for the others
   */
  public record State(Variable h, @Nullable Variable c) {
    /** Without a cell. */
    public static State of(Variable h) {
      return new State(h, null);
    }
  }

  /**
   * Of one layer.
   *
   * @param input {@code [gates · hidden, in]}
   * @param hidden {@code [gates · hidden, hidden]}
   * @param inputBias {@code [gates · hidden]}
   * @param hiddenBias {@code [gates · hidden]}
   */
  public record Weights(
      Variable input,
      Variable hidden,
      @Nullable Variable inputBias,
      @Nullable Variable hiddenBias) {
    Variable ofInput(Variable x) {
      return LinearFormula.linear(x, input, inputBias);
    }

    Variable ofHidden(Variable h) {
      return LinearFormula.linear(h, hidden, hiddenBias);
    }
  }

  /**
   * What a sequence came to.
   *
   * @param steps the state after each step
   * @param y the outputs {@code [time, batch, hidden]}
   */
  public record Run(List<State> steps, Variable y) {
    /** The last state. */
    public State last() {
      return steps.getLast();
    }
  }

  /** {@code h′ = φ(W x + b + U h + c)} (Elman 1990). */
  public static Cell rnn(Weights weights, ActivationFormula activation) {
    return (x, state) ->
        State.of(activation.apply(Primitives.add(weights.ofInput(x), weights.ofHidden(state.h()))));
  }

  /**
   * {@code c′ = σ(f) ⊙ c + σ(i) ⊙ tanh(g)}, {@code h′ = σ(o) ⊙ tanh(c′)} (Hochreiter and
   * Schmidhuber 1997, with the forget gate of Gers et al. 2000).
   */
  public static Cell lstm(Weights weights) {
    return (x, state) -> {
      Variable c = state.c();
      if (c == null) {
        throw new IllegalArgumentException("an LSTM's state needs c");
      }
      Variable gates = Primitives.add(weights.ofInput(x), weights.ofHidden(state.h()));
      int hidden = c.columns();
      Variable i = ActivationFormula.SIGMOID.apply(gate(gates, 0, hidden));
      Variable f = ActivationFormula.SIGMOID.apply(gate(gates, 1, hidden));
      Variable g = ActivationFormula.TANH.apply(gate(gates, 2, hidden));
      Variable o = ActivationFormula.SIGMOID.apply(gate(gates, 3, hidden));
      Variable next = Primitives.add(Primitives.multiply(f, c), Primitives.multiply(i, g));
      return new State(Primitives.multiply(o, ActivationFormula.TANH.apply(next)), next);
    };
  }

  /**
   * {@code h′ = (1 − z) ⊙ n + z ⊙ h} with {@code n = tanh(W x + b + r ⊙ (U h + c))} (Cho et al.
   * 2014, <a href="https://arxiv.org/abs/1406.1078">1406.1078</a>, with the reset gate after the
   * product).
   */
  public static Cell gru(Weights weights) {
    return (x, state) -> {
      Variable ofInput = weights.ofInput(x);
      Variable ofHidden = weights.ofHidden(state.h());
      int hidden = state.h().columns();
      Variable r = ActivationFormula.SIGMOID.apply(sum(ofInput, ofHidden, 0, hidden));
      Variable z = ActivationFormula.SIGMOID.apply(sum(ofInput, ofHidden, 1, hidden));
      Variable reset = Primitives.multiply(r, gate(ofHidden, 2, hidden));
      Variable n = ActivationFormula.TANH.apply(Primitives.add(gate(ofInput, 2, hidden), reset));
      Variable kept = Primitives.multiply(z, Primitives.subtract(state.h(), n));
      return State.of(Primitives.add(n, kept));
    };
  }

  private static Variable gate(Variable gates, int gate, int hidden) {
    return Views.columns(gates, gate * hidden, (gate + 1) * hidden);
  }

  private static Variable sum(Variable a, Variable b, int gate, int hidden) {
    return Primitives.add(gate(a, gate, hidden), gate(b, gate, hidden));
  }

  /** The cell over a sequence x {@code [time, batch, in]}. */
  public static Run over(Variable x, State start, Cell cell) {
    int[] shape = x.shape();
    List<State> steps = new ArrayList<>();
    State state = start;
    for (int t = 0; t < shape[0]; t++) {
      state = cell.step(Views.rows(x, t * shape[1], (t + 1) * shape[1]), state);
      steps.add(state);
    }
    Variable outputs = Views.below(steps.stream().map(State::h).toArray(Variable[]::new));
    return new Run(steps, Views.reshape(outputs, shape[0], shape[1], state.h().columns()));
  }
}
