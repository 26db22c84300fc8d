package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Embedding;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.reference.EmbeddingFormula;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.Set;

/** Table lookup, and the gradient that sums over repeated ids. */
final class EmbeddingCheck implements OpCheck {
  @Override
  public String op() {
    return "embedding";
  }

  /**
   * The smallest; a short row with every id many times over; rows of whole vectors with few ids
   * used; a row longer than a block, odd; many ids and long rows at once.
   */
  @Override
  public List<Problem> problems(DType dtype) {
    return List.of(
        make(dtype, 1, 1, 1, "").build(),
        make(dtype, 6, 5, 200, "").build(),
        make(dtype, 256, 32, 48, "").build(),
        make(dtype, 9, 515, 20, "").build(),
        make(dtype, 9, 304, 600, "").build(),
        make(dtype, 9, 16, 20, "_misaligned").with(Problems.MISALIGNED, true).build());
  }

  private Problems make(DType dtype, int vocabulary, int dim, int ids, String suffix) {
    return new Problems(op(), dtype, vocabulary + "x" + dim + "_ids" + ids + suffix)
        .normal("weight", 1, vocabulary, dim)
        .indices("ids", vocabulary, ids)
        .upstream("y", ids, dim);
  }

  @Override
  public Answers reference(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of("ids"));
    Answers answers = new Answers();
    in.output(answers, "y", EmbeddingFormula.lookup(in.get("weight"), problem.input("ids").ints()));
    return in.gradients(answers);
  }

  @Override
  public Answers device(Problem problem, Bench bench, Trial trial) {
    DType dtype = problem.dtype();
    HostArray hostWeight = problem.input("weight");
    HostArray hostIds = problem.input("ids");
    Tensor weight = trial.input("weight", dtype, hostWeight);
    Tensor ids = trial.input("ids", DType.I32, hostIds);
    Tensor dY = trial.input("dY", dtype, problem.upstream("y"));
    Tensor y = trial.output("y", dtype, hostIds.count(), hostWeight.columns());
    Tensor dWeight = trial.accumulator("dWeight", hostWeight.extents());
    StatusWord status = trial.statusWord();
    bench.embedding.forward(trial.stream(), y, weight, ids, status);
    Tensor workspace =
        trial.structure(
            "workspace", DType.F32, Embedding.workspaceShape(dWeight.shape(), ids.count()));
    bench.embedding.backward(trial.stream(), dWeight, workspace, dY, ids, status);
    status.check(trial.stream());
    return new Answers().out("y", trial.read(y)).grad("weight", trial.accumulated(dWeight));
  }

  @Override
  public double tolerance(Problem problem, String tensor, Answers expected) {
    double scale = expected.maxAbs(tensor);
    return tensor.equals("out.y")
        ? Tolerances.EXACT.of(problem.dtype(), 1, scale, scale)
        : Tolerances.LOOKUP_GRADIENT.ofAccumulated(
            problem.dtype(), problem.input("ids").count(), scale, problem.upstream("y").maxAbs());
  }
}
