package dev.lockstep.device;

/** One entry point of a loaded module. */
public interface Kernel {
  /** The {@code extern "C"} name, for example {@code rmsnorm_backward_bf16}. */
  String name();

  /** Bytes of the parameter block; a launch with another size is refused. */
  int parameterBytes();
}
