package dev.lockstep.grill.toy;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.decomposition.qr.QRColPivDecompositionHouseholderColumn_DDRM;
import org.ejml.dense.row.linsol.qr.LinearSolverQrpHouseCol_DDRM;

/** The best linear combination of given features, found without training. */
public final class LeastSquares {
  /** Features whose part that others do not span is relatively smaller are left out. */
  private static final double RANK = 1e-12;

  private LeastSquares() {}

  /**
   * The coefficients of the combination nearest to the targets in squared error, by QR with
   * pivoting: features may depend on each other.
   *
   * @param features {@code [points][features]}, no fewer points than features
   * @param targets one per point
   */
  public static double[] fit(double[][] features, double[] targets) {
    DMatrixRMaj matrix = new DMatrixRMaj(features);
    DMatrixRMaj coefficients = new DMatrixRMaj(matrix.getNumCols(), 1);
    var decomposition = new QRColPivDecompositionHouseholderColumn_DDRM();
    decomposition.setSingularThreshold(RANK);
    var solver = new LinearSolverQrpHouseCol_DDRM(decomposition, true);
    if (!solver.setA(matrix)) {
      throw new IllegalArgumentException("features of which no combination is to be found");
    }
    solver.solve(new DMatrixRMaj(targets.length, 1, true, targets.clone()), coefficients);
    return coefficients.getData();
  }

  /** The value of a combination at a point. */
  public static double value(double[] coefficients, double[] features) {
    double sum = 0;
    for (int i = 0; i < features.length; i++) {
      sum += coefficients[i] * features[i];
    }
    return sum;
  }
}
