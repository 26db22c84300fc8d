package dev.lockstep.grill.item;

import dev.lockstep.grill.evidence.Draws;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A formula to be typed, graded by what it gives on inputs drawn at random: see {@link
 * MatrixFormula} for how it is written.
 *
 * @param model a formula that is right, shown afterwards
 * @param inputs the names it may use
 * @param reference what is right, computed without the formula
 */
public record Derivation(
    String prompt, String model, List<Input> inputs, Function<Inputs, Matrix> reference)
    implements Item {
  /** On so many draws a wrong formula does not agree by chance. */
  private static final int DRAWS = 3;

  private static final double CLOSE = 1e-9;

  /**
   * A name and what is drawn for it.
   *
   * @param rows 1 by 1 is a number
   */
  public record Input(String name, int rows, int columns, Function<Draws, Double> element) {
    /** A matrix of normal numbers. */
    public static Input normal(String name, int rows, int columns) {
      return new Input(name, rows, columns, Draws::normal);
    }

    /** A positive number. */
    public static Input positive(String name) {
      return new Input(name, 1, 1, draws -> draws.uniform(0.5, 3));
    }

    /** A whole number from 2 to 40, for example a width. */
    public static Input count(String name) {
      return new Input(name, 1, 1, draws -> (double) draws.between(2, 40));
    }

    private Matrix draw(Draws draws) {
      double[] values = new double[rows * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = element.apply(draws);
      }
      return new Matrix(rows, columns, values);
    }
  }

  public Derivation {
    inputs = List.copyOf(inputs);
  }

  /**
   * Grades a formula.
   *
   * @throws IllegalArgumentException when it cannot be read; the message says why
   */
  public Grade grade(String typed, Draws draws) {
    for (int i = 0; i < DRAWS; i++) {
      Map<String, Matrix> drawn = new LinkedHashMap<>();
      for (Input input : inputs) {
        drawn.put(input.name(), input.draw(draws));
      }
      Matrix right = reference.apply(new Inputs(drawn));
      Matrix found = MatrixFormula.evaluate(typed, drawn);
      if (found.rows() != right.rows() || found.columns() != right.columns()) {
        return Grade.ofWrong(
            "that is %d × %d, it must be %d × %d"
                .formatted(found.rows(), found.columns(), right.rows(), right.columns()));
      }
      if (!(found.distance(right) <= CLOSE * Math.max(1, right.norm()))) {
        return Grade.ofWrong("on random inputs it differs; right is " + model);
      }
    }
    return Grade.ofRight();
  }
}
