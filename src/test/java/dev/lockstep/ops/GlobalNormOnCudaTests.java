package dev.lockstep.ops;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;

@OnStandIn
class GlobalNormOnCudaTests extends GlobalNormTests {
  @Override
  Device open(int workers) {
    return StandInDriver.open();
  }
}
