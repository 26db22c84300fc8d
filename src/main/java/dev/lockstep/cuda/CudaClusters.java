package dev.lockstep.cuda;

import dev.lockstep.device.Clusters;
import dev.lockstep.device.DeviceProvider.Availability;

/** Clusters, which the GPU must have and the driver a call for. */
record CudaClusters(CudaDevice device) implements Clusters {
  @Override
  public Availability availability() {
    return device.sinceHopper(
        "clusters", device.calls().launchKernelEx(), "the driver launches clusters");
  }
}
