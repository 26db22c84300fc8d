package dev.lockstep.device;

/**
 * An open {@link FusedMatrixLibrary}. One thread at a time may use it, on one stream: launches
 * share a workspace.
 */
public interface FusedProducts extends AutoCloseable {
  /**
   * Queues z = op(A) · op(B) + bias, and C = gelu(z), GELU in its tanh form; nothing is
   * accumulated.
   *
   * @param bias address of as many elements as C has columns, of C's type
   * @param z address of a matrix like C that z is kept in for a backward pass; 0 keeps none
   * @throws IllegalArgumentException for what the library cannot do, or a foreign stream
   * @throws DeviceException when the library or the device refuses
   */
  void biasGelu(Stream stream, MatrixProduct product, long a, long b, long bias, long z, long c);

  @Override
  void close();
}
