package dev.lockstep.cuda;

import dev.lockstep.device.Graph;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import jcuda.driver.CUgraph;
import jcuda.driver.JCudaDriver;

/** An instantiated graph: one call of the driver launches all of it. */
final class CudaGraph extends CudaResource implements Graph {
  private final Handles.Executable executable = new Handles.Executable();
  private final List<CudaModule> modules;
  private final String name;

  /**
   * Instantiates; the device has made its context current.
   *
   * @param graph may be destroyed afterwards
   * @param kernels those launched in it
   */
  CudaGraph(CudaDevice device, CUgraph graph, Set<CudaKernel> kernels) {
    super(device);
    modules = kernels.stream().map(CudaKernel::module).distinct().toList();
    name =
        kernels.stream().map(CudaKernel::name).collect(Collectors.joining(", ", "a graph of ", ""));
    device.check(
        "cuGraphInstantiate",
        JCudaDriver.cuGraphInstantiate(executable, graph, 0),
        () -> "; " + name);
  }

  /** The {@code CUgraphExec}, as long as the graph and its kernels are there. */
  long address() {
    requireOpen();
    for (int i = 0; i < modules.size(); i++) {
      modules.get(i).requireOpen();
    }
    return executable.address();
  }

  @Override
  void giveBack() {
    device().checkReturned("cuGraphExecDestroy", JCudaDriver.cuGraphExecDestroy(executable));
  }

  @Override
  String what() {
    return "the graph";
  }

  /** Names the kernels: one of them may be to blame for a fault. */
  @Override
  public String toString() {
    return name;
  }
}
