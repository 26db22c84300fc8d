/**
 * Training of a model, from a configuration to a checkpoint. Start with {@link
 * dev.lockstep.train.Trainer}; {@link dev.lockstep.train.TrainConfig} holds every knob, what is
 * learned is a {@code Task}, {@link dev.lockstep.train.TrainListener} hears of progress, {@link
 * dev.lockstep.train.TrainSummary} is what comes out. Nothing here prints.
 */
@NullMarked
package dev.lockstep.train;

import org.jspecify.annotations.NullMarked;
