package dev.lockstep.optim;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;

@OnStandIn
class LossScalerOnCudaTests extends LossScalerTests {
  @Override
  Device open() {
    return StandInDriver.open();
  }
}
