package dev.lockstep.ptx;

import java.util.List;

/**
 * An {@code .entry}.
 *
 * @param parameterBytes size of the parameter block
 * @param maxThreads threads per block that {@code .maxntid} or {@code .reqntid} allows, else 1024
 * @param exactBlock x, y and z of the only block that {@code .reqntid} allows, or nothing
 * @param clusterBlocks blocks of a cluster that {@code .reqnctapercluster} demands, else 1
 */
public record PtxKernel(
    String name,
    int line,
    List<Parameter> parameters,
    int parameterBytes,
    int maxThreads,
    List<Integer> exactBlock,
    int clusterBlocks,
    Body body)
    implements Routine {

  /** The same with another body. */
  public PtxKernel with(Body other) {
    return new PtxKernel(
        name, line, parameters, parameterBytes, maxThreads, exactBlock, clusterBlocks, other);
  }
}
