package dev.lockstep.grill.item;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.ejml.data.DMatrixRMaj;
import org.ejml.equation.Equation;
import org.ejml.equation.ManagerTempVariables;
import org.ejml.equation.Operation;
import org.ejml.equation.Variable;
import org.ejml.equation.VariableMatrix;
import org.ejml.equation.VariableScalar;

/**
 * Formulas over matrices in EJML's language: {@code + - *}, {@code '} transposes, {@code .*},
 * {@code ./} and {@code .^} go element by element, {@code ^} raises a number; {@code exp}, {@code
 * log}, {@code sqrt}, {@code abs}, {@code tanh}, {@code s} (the sigmoid) and {@code relu} take
 * matrices, too; {@code normF(A)}, {@code sum(A,0)}, {@code diag(a)}, {@code min}, {@code max}.
 */
final class MatrixFormula {
  private static final String RESULT = "RESULT";

  private static final Map<String, DoubleUnaryOperator> FUNCTIONS =
      Map.of(
          "s",
          z -> 1 / (1 + Math.exp(-z)),
          "tanh",
          Math::tanh,
          "relu",
          z -> Math.max(z, 0),
          "sqrt",
          Math::sqrt);

  private MatrixFormula() {}

  /**
   * What a formula gives.
   *
   * @param inputs by name; those of one element are numbers
   * @throws IllegalArgumentException when it cannot be read or its shapes do not fit
   */
  static Matrix evaluate(String formula, Map<String, Matrix> inputs) {
    if (formula.contains("=")) {
      throw new IllegalArgumentException("type the formula alone, without \"=\"");
    }
    Equation equation = new Equation();
    FUNCTIONS.forEach(
        (name, function) ->
            equation
                .getFunctions()
                .add1(name, (input, temporaries) -> each(name, function, input, temporaries)));
    inputs.forEach((name, matrix) -> alias(equation, name, matrix));
    try {
      equation.process(RESULT + " = " + formula);
    } catch (RuntimeException e) { // EJML's own, and plain ones for shapes that do not fit
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new IllegalArgumentException(
          "\"%s\" cannot be read (%s); the names are %s"
              .formatted(formula, reason, String.join(", ", List.copyOf(inputs.keySet()))),
          e);
    }
    return matrix(equation.lookupVariable(RESULT));
  }

  private static void alias(Equation equation, String name, Matrix matrix) {
    if (matrix.values().length == 1) {
      equation.alias(matrix.number(), name);
    } else {
      equation.alias(
          new DMatrixRMaj(matrix.rows(), matrix.columns(), true, matrix.values().clone()), name);
    }
  }

  private static Matrix matrix(Variable found) {
    if (found instanceof VariableMatrix matrix) {
      return new Matrix(
          matrix.matrix.getNumRows(), matrix.matrix.getNumCols(), matrix.matrix.data.clone());
    }
    return Matrix.of(((VariableScalar) found).getDouble());
  }

  private static Operation.Info each(
      String name, DoubleUnaryOperator function, Variable input, ManagerTempVariables temporaries) {
    Operation.Info info = new Operation.Info();
    if (input instanceof VariableMatrix from) {
      VariableMatrix to = temporaries.createMatrix();
      info.output = to;
      info.op =
          new Operation(name) {
            @Override
            public void process() {
              to.matrix.reshape(from.matrix.getNumRows(), from.matrix.getNumCols());
              for (int i = 0; i < from.matrix.getNumElements(); i++) {
                to.matrix.data[i] = function.applyAsDouble(from.matrix.data[i]);
              }
            }
          };
    } else {
      var to = temporaries.createDouble();
      info.output = to;
      info.op =
          new Operation(name) {
            @Override
            public void process() {
              to.value = function.applyAsDouble(((VariableScalar) input).getDouble());
            }
          };
    }
    return info;
  }
}
