import { racingTarget } from '../racing-target.ts';

export const config = racingTarget();
