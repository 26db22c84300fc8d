package dev.lockstep.device;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;

@OnStandIn
class ModuleVariablesOnCudaTests extends ModuleVariablesTests {
  @Override
  Device open() {
    return StandInDriver.open();
  }
}
