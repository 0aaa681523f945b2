/**
 * Words that code and talk about code are full of. One of them that stands alone in a text says nothing of a secret that
 * happens to contain it: masked wherever it stands, a page about code could not be read. Six letters and more; shorter
 * words are never masked by themselves.
 */
export const ORDINARY_WORDS: ReadonlySet<string> = new Set(
  `abstract accept access account action actual address administrator algorithm allocate amount append application
  argument arguments array assert assign async attribute authentication author authors authorization available
  background backend basename before benchmark binary boolean branch browser buffer builder button callback
  certificate change channel character characters charset checkout children client closed cluster collection column
  command commands comment commit common community company compile complete component computer condition config
  configuration configure connect connection console constant constructor contact container content context continue
  contributors control convert cookie copyright corpus counter create created credentials current custom database
  dataset datetime debugger decode decoder default delete delimiter deploy describe description desktop destroy
  detail details developer development device dialog dictionary directory disable discord display distribution docker
  document documentation domain double download driver duration element elements enable encode encoding encrypt engine
  enterprise entries environment errors escape evaluate example examples exception execute export expression extend
  extends extension external factory failed failure feature fetch fields filename filter finally finish foobar footer
  forget format formatter foundation fragment framework frequency frontend function functions future gateway general
  generate generator github gitlab global google handle handler hardware header headers heroku hidden hostname iframe
  ignore images implement implements import imports include indent index infinity information inherit initialize inline
  input inputs insert inside install instance instanceof integer interface internal internet interval invalid isinstance
  iterator javascript jquery kernel keyboard keyword keywords lambda language launch layout length library licence
  license licensed limited linux listen listener locale localhost location locked logger logging logout machine mailto
  manager manifest mapping margin master matcher maximum measure member memory message messages metadata method methods
  metric microsoft middleware migration minimum mobile module modules monitor mozilla multiple mutable namespace native
  navigation network notice notify null number numbers object objects offset online opened openssl operation operator
  option optional options origin output outputs outside overflow override package packages padding parameter parameters
  parent parser partial passphrase passwd password passwords payload payment pending performance permission permissions
  person platform plugin pointer policy position postgres postgresql prefix prepare previous primary print printf
  private problem process processor produce product production profile program programming progress project promise
  prompt properties property protected protocol provider public publish python quality queries random readme readonly
  reason receive record records redirect reduce reference refresh regexp register registry reject release remote remove
  render repeat replace report repository request requests require required reserved resize resolve resource resources
  response restart result results retain retained return returns revision rights router runner runtime sample schedule
  schema script search second seconds secret secrets section secure security select selector sender sentence separator
  sequence serial server service services session setting settings shared should signal signature simple single slack
  socket software source sources special specific standard start started static status stdout stderr storage store
  stream string strings stripe struct structure student submit subprocess success suffix support switch symbol synchronized
  syntax system systems target template terminal testing thread throws timeout timestamp toggle tokens toolbar
  trailing transaction transfer transform translate trigger twilio typeof undefined unicode unique unknown unseen update
  upload username usernames utility values variable variables vector vendor verify version versions virtual visible volatile
  warning warranty website welcome widget window windows without worker workspace wrapper writer yellow`
    .split(/\s+/)
    .filter((word) => word.length >= 6),
);
