export type * from '../../core/scoring/cred/record.ts';
