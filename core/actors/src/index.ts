export {
  admitActor,
  createAuthority,
  type Admission,
  type AdmissionOptions,
  type Authority,
} from './identity.ts'
export {
  distinctPeople,
  principalIds,
  samePerson,
  sameParty,
  type IdentityClassOf,
} from './separation.ts'
export { hasRole, mayReview, reviewerNames } from './entitlement.ts'
