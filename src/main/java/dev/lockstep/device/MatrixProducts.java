package dev.lockstep.device;

/** An open {@link MatrixLibrary}. Several threads may use it, each with streams of its own. */
public interface MatrixProducts extends AutoCloseable {
  /**
   * Makes ready for products on a stream and in graphs, with whatever must not happen while one is
   * captured. Graphs with products of one library must not run at the same time.
   */
  void prepare(Stream stream);

  /**
   * Queues a product. Callers go through {@link Stream#multiply}, so that a stream that watches
   * another sees it.
   *
   * @param a address of A
   * @param b address of B
   * @param c address of C; overlaps neither
   * @throws IllegalArgumentException for extents the library cannot take, or a foreign stream
   * @throws DeviceException when the library or the device refuses
   */
  void multiply(Stream stream, MatrixProduct product, long a, long b, long c);

  @Override
  void close();
}
