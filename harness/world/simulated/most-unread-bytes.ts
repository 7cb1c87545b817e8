/** How much of a body may wait for its reader before its sender is paused: what a socket of the platform holds by default. */
export const mostUnreadBytes = 65_536;
