package dev.lockstep.ops;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import org.junit.jupiter.api.Tag;

@OnStandIn
@Tag("long")
class NormPlacementOnCudaTests extends NormPlacementTests {
  @Override
  Device open() {
    return StandInDriver.open();
  }
}
