package dev.lockstep.nn;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;

@OnStandIn
class FeedForwardGoldenOnCudaTests extends FeedForwardGoldenTests {
  @Override
  Device open() {
    return StandInDriver.open();
  }
}
