package dev.lockstep.ops;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Approximation;
import dev.lockstep.device.Device;
import org.junit.jupiter.api.Tag;

@OnStandIn
@Tag("long")
class ActivationAccuracyOnCudaTests extends ActivationAccuracyTests {
  @Override
  Device open(Approximation approximation) {
    return StandInDriver.open();
  }

  @Override
  boolean errsAsFarAsAllowed() {
    return false;
  }
}
