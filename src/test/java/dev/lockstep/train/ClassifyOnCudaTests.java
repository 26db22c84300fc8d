package dev.lockstep.train;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import org.junit.jupiter.api.Tag;

@OnStandIn
@Tag("long")
class ClassifyOnCudaTests extends ClassifyTests {
  @Override
  Device open(int workers) {
    return StandInDriver.open();
  }
}
