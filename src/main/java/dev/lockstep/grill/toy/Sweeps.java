package dev.lockstep.grill.toy;

import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * A Jacobian and how many sweeps it took.
 *
 * @param jacobian {@code [outputs, inputs]}, row by row
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Sweeps(double[] jacobian, int count) {
  /** Column by column: one forward sweep for each of the first {@code columns} inputs. */
  public static Sweeps forward(UnaryOperator<Variable> f, double[] at, int columns) {
    Tape tape = new Tape();
    Variable x = tape.variable(at, 1, at.length);
    Variable y = f.apply(x);
    double[] jacobian = new double[y.count() * at.length];
    for (int i = 0; i < columns; i++) {
      tape.forgetSeeds();
      x.seedTangent(unit(at.length, i));
      tape.forward();
      for (int o = 0; o < y.count(); o++) {
        jacobian[o * at.length + i] = y.tangent()[o];
      }
    }
    return new Sweeps(jacobian, tape.forwardSweeps());
  }

  /** The same, all columns. */
  public static Sweeps forward(UnaryOperator<Variable> f, double[] at) {
    return forward(f, at, at.length);
  }

  /** Row by row: one reverse sweep for each output. */
  public static Sweeps reverse(UnaryOperator<Variable> f, double[] at) {
    Tape tape = new Tape();
    // Sweeps add up in an input; a result has the last one's alone.
    Variable x = Primitives.scale(tape.variable(at, 1, at.length), 1);
    Variable y = f.apply(x);
    double[] jacobian = new double[y.count() * at.length];
    for (int o = 0; o < y.count(); o++) {
      tape.forgetSeeds();
      y.seedGradient(unit(y.count(), o));
      tape.reverse();
      System.arraycopy(x.gradient(), 0, jacobian, o * at.length, at.length);
    }
    return new Sweeps(jacobian, tape.reverseSweeps());
  }

  /** The rows, one for each output. */
  public double[][] rows(int outputs) {
    int inputs = jacobian.length / outputs;
    double[][] rows = new double[outputs][];
    Arrays.setAll(rows, o -> Arrays.copyOfRange(jacobian, o * inputs, (o + 1) * inputs));
    return rows;
  }

  private static double[] unit(int count, int at) {
    double[] unit = new double[count];
    unit[at] = 1;
    return unit;
  }
}
