/**
 * Frames of one run. More make whole files faster up to here, and a run is the step at which a call can be aborted:
 * two seconds of audio at 50 frames a second take some tens of milliseconds.
 */
export const framesPerRun = 100;
