package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.MatrixLibrary;
import java.util.Optional;

/** Who multiplies the matrices of linear layers. */
public enum MatrixEngine {
  /** Our own kernels, with bias, activation and residual in the same launch. */
  OWN("own"),
  /**
   * The vendor's library, followed by our elementwise kernels. A product is then rounded before the
   * bias is added; sums are in whatever order the library likes. Tensors without elements are
   * refused.
   */
  LIBRARY("cublas");

  private final String label;

  MatrixEngine(String label) {
    this.label = label;
  }

  /** The name on the command line. */
  public String label() {
    return label;
  }

  /**
   * The engine of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static MatrixEngine of(String label) {
    return Labels.find("matmul", values(), MatrixEngine::label, label);
  }

  /**
   * Makes sure that a device has it.
   *
   * @throws IllegalArgumentException when not, with the reason and what to do
   */
  public void require(Device device) {
    obstacle(device)
        .ifPresent(
            why -> {
              throw new IllegalArgumentException(why);
            });
  }

  /** Why a device does not have it and what to do, in one line; empty when it does. */
  public Optional<String> obstacle(Device device) {
    if (this == OWN) {
      return Optional.empty();
    }
    Optional<MatrixLibrary> library = device.capability(MatrixLibrary.class);
    if (library.isEmpty()) {
      return Optional.of(
          "matmul cublas: the device %s has no cuBLAS; leave it out to multiply with our own kernels"
              .formatted(device.info().provider()));
    }
    Availability answer = library.get().availability();
    return answer.available()
        ? Optional.empty()
        : Optional.of(
            "matmul cublas: %s; `lockstep doctor --fetch-cublas` tells how to get it"
                .formatted(answer.reason()));
  }
}
